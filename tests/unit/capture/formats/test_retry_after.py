"""What `Retry-After` is read as."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.formats.retry_after import http_date, retry_after
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange

THEN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def answer(status: int, **headers: str) -> Exchange:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange("http://a.test/", "GET", (), b"", status, "", pairs, Body(), "Document", THEN)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999", 99999999999.0),
        ("Wed, 25 Nov 2026 09:01:00 GMT", 60.0),
        ("Wednesday, 25-Nov-26 09:01:00 GMT", 60.0),
        ("Wed Nov 25 09:01:00 2026", 60.0),
        ("Wed, 25 Nov 2020 09:01:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("1" * 400, None),
    ],
)
def test_both_forms_are_read(value, seconds):
    assert retry_after(answer(429, Retry_After=value), THEN) == seconds


def test_only_a_busy_server_is_asked_later():
    assert [retry_after(answer(status, retry_after="7"), THEN) for status in (200, 301, 404, 500)] == [None] * 4
    assert [retry_after(answer(status, retry_after="7"), THEN) for status in (429, 503)] == [7.0, 7.0]
    assert retry_after(answer(503), THEN) is None


def test_seconds_count_from_the_answer():
    assert retry_after(answer(429, Retry_After="30"), THEN + timedelta(seconds=10)) == 20.0
    assert retry_after(answer(429, Retry_After="30"), THEN + timedelta(seconds=50)) == 0.0


def test_a_date_is_read_by_the_servers_clock():
    late = answer(503, Retry_After="Wed, 25 Nov 2026 12:00:30 GMT", Date="Wed, 25 Nov 2026 12:00:00 GMT")
    assert retry_after(late, THEN) == 30.0


@given(st.text(max_size=60))
def test_no_text_is_an_error(text):
    seconds = retry_after(answer(429, Retry_After=text, Date=text), THEN)
    assert seconds is None or seconds >= 0


@given(st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))
def test_every_date_is_read(moment):
    assert http_date(format_datetime(moment, usegmt=True)) == moment.replace(microsecond=0)
