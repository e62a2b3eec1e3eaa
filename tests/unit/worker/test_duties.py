from threading import Event

import pytest

from pagekeep.services.read_texts import read_unread
from pagekeep.worker.duties import DUTIES, attending


def test_a_duty_that_fails_is_done_again_and_hinders_no_other(caplog: pytest.LogCaptureFixture) -> None:
    other, again = Event(), Event()
    tries: list[int] = []

    def failing() -> None:
        tries.append(len(tries))
        if len(tries) > 2:
            again.set()
        raise RuntimeError("no luck")

    with attending([[failing, other.set]], every=0.001):
        assert other.wait(10)
        assert again.wait(10)
    assert sum("failing failed" in record.message for record in caplog.records) == 1


def test_one_that_takes_long_holds_up_no_other_group() -> None:
    begun, go_on, others = Event(), Event(), Event()

    def long() -> None:
        begun.set()
        go_on.wait(20)

    def other() -> None:
        if begun.is_set():
            others.set()

    with attending([[long], [other]], every=0.001):
        assert others.wait(10)
        go_on.set()


def test_reading_large_files_for_the_search_holds_up_nothing_else() -> None:
    assert [group for group in DUTIES if read_unread in group] == [(read_unread,)]
