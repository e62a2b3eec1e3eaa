from threading import Event

import pytest

from pagekeep.worker.duties import attending


def test_a_duty_that_fails_is_done_again_and_hinders_no_other(caplog: pytest.LogCaptureFixture) -> None:
    other, again = Event(), Event()
    tries: list[int] = []

    def failing() -> None:
        tries.append(len(tries))
        if len(tries) > 2:
            again.set()
        raise RuntimeError("no luck")

    with attending([failing, other.set], every=0.001):
        assert other.wait(10)
        assert again.wait(10)
    assert sum("failing failed" in record.message for record in caplog.records) == 1
