"""What a visit tells of a server that wants no more requests just now."""

import pytest


@pytest.mark.parametrize(("path", "seconds"), [("/busy/429?120", 120), ("/busy/503?30", 30), ("/busy/429/file?60", 60)])
def test_outcome_says_when_to_come_back(capture, path, seconds):
    outcome = capture(path, plugins=("headers", "static")).outcome
    assert not outcome.succeeded
    assert seconds - 30 < outcome.retry_after <= seconds


def test_server_that_names_no_time_is_told_apart(capture):
    assert capture("/status/503", plugins=("headers",)).outcome.retry_after is None
    assert capture("/plain", plugins=("headers",)).outcome.retry_after is None
