"""The log of a capture: its lines, its size, and what is never in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.capture_log import LONGEST_LINE, MAX_BYTES, CaptureLog
from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.identity import Identity


def lines(log: CaptureLog) -> list[str]:
    return log.text().decode().splitlines()


def test_each_note_is_a_line_with_its_time() -> None:
    log = CaptureLog()
    log.note("open begins")
    log.note("two\nlines\r\nand \x1b[31mcolour\u2028")
    first, second = lines(log)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z open begins", first)
    assert second.endswith("Z two lines and  [31mcolour ")


def test_it_goes_on_where_the_attempt_before_ended() -> None:
    first = CaptureLog()
    first.note("attempt 1")
    second = CaptureLog(first.text())
    second.note("attempt 2")
    assert [line.partition("Z ")[2] for line in lines(second)] == ["attempt 1", "attempt 2"]


def test_of_too_much_the_middle_is_left_out() -> None:
    log = CaptureLog()
    for number in range(20_000):
        log.note(f"line {number} of many")
    text = log.text()
    assert len(text) <= MAX_BYTES
    found = lines(log)
    assert found[0].endswith("line 0 of many")
    assert found[-1].endswith("line 19999 of many")
    (told,) = (line for line in found if line.startswith("…"))
    assert len(found) - 1 + int(told.split()[1]) == 20_000


@pytest.mark.parametrize(
    "text",
    [
        "https://me:hunter22@example.com/ answered 200",
        "to https://example.com/?a=1&access_token=hunter22&b=2",
        "to https://example.com/cb#id_token=hunter22",
        "https://example.com/?SESSIONID=hunter22",
        "https://example.com/?X-Amz-Signature=hunter22",
        "https://example.com/?apikey=hunter22.",
        "Set-Cookie: name=hunter22; Path=/",
        "cookie: a=b; c=hunter22",
        "Authorization: Basic hunter22",
        "password=hunter22",
    ],
)
def test_no_secret_is_in_it(text: str) -> None:
    log = CaptureLog()
    log.note(text)
    assert b"hunter22" not in log.text()


def test_what_a_persona_brings_is_not_in_it() -> None:
    log = CaptureLog()
    cookie = Cookie(name="sid", value="abcdefgh12345", domain="example.com", path="/")
    log.hide(Secrecy().of(Identity(cookies=(cookie,), owner="me")))
    log.note("https://example.com/abcdefgh12345/x?plain=abcdefgh12345 answered 200")
    assert b"abcdefgh12345" not in log.text()


def test_plain_words_stay() -> None:
    log = CaptureLog()
    log.note("https://example.com/?page=2&q=tower answered 200: 3 × a response larger than the limit")
    assert lines(log)[0].endswith("?page=2&q=tower answered 200: 3 × a response larger than the limit")


@given(st.lists(st.text(max_size=3000), max_size=5))
def test_no_text_breaks_it(texts: list[str]) -> None:
    log = CaptureLog()
    for text in texts:
        log.note(text)
    assert log.text().count(b"\n") == len(texts)
    assert all(len(line) <= LONGEST_LINE + 30 for line in log.text().decode().split("\n"))
