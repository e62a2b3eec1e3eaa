"""A short, seeded run of the fuzzing that ``make fuzz-api`` does at length."""

from fuzz.run import fuzz


def test_no_generated_request_gets_a_wrong_answer() -> None:
    report = fuzz(max_examples=8, seed=20261125)
    assert report.failures == 0, report.text
    assert report.requests > 1000
