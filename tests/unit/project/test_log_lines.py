"""Log lines: one for each event, whatever it is about."""

import asyncio
import json
import logging
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.log_fields import FIELDS, about, note
from pagekeep.project.log_lines import LONGEST, JsonLines, TextLines


def record(message: str, *arguments: object, exception: Exception | None = None, **extra: object) -> logging.LogRecord:
    info = None
    if exception is not None:
        try:
            raise exception
        except Exception:
            info = sys.exc_info()
    made = logging.LogRecord("pagekeep.test", logging.INFO, "file", 1, message, arguments, info)
    made.__dict__.update(extra)
    made.created = 1_790_000_000.1234
    return made


def test_text_names_time_level_logger_message_and_fields() -> None:
    with about(snapshot="0199", url="https://example.com/a b"):
        line = TextLines().format(record("It %s", "works", seconds=1.23456, status=200))
    assert line == (
        "2026-09-21T14:13:20.123Z INFO pagekeep.test: It works"
        ' snapshot=0199 url="https://example.com/a b" status=200 seconds=1.235'
    )


def test_json_has_the_same_as_one_object() -> None:
    with about(snapshot="0199", step="open"):
        note(step="settle")
        line = JsonLines().format(record("It works", seconds=0.5, reason="", step=None))
        again = JsonLines().format(record("It works"))
    assert json.loads(line) == {
        "time": "2026-09-21T14:13:20.123Z",
        "level": "info",
        "logger": "pagekeep.test",
        "message": "It works",
        "snapshot": "0199",
        "seconds": 0.5,
    }
    assert json.loads(again)["step"] == "settle"


hostile = st.text(max_size=300) | st.sampled_from(
    ["\x1b[2J", "a\nINFO pagekeep: forged", "\r", "\x9b31m", "\u202ename", "\u2028", "\ud800", "\x00", '" level="x']
)


@given(hostile, hostile, hostile)
def test_hostile_text_makes_no_line_and_steers_no_terminal(message: str, url: str, error: str) -> None:
    made = record("%s", message, exception=ValueError(error), url=url, reason=message)
    lines = TextLines().format(made).split("\n")
    assert all(line.startswith("    ") for line in lines[1:])
    for line in lines:
        assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in line)
        assert not any(unicodedata.bidirectional(letter) in ("RLO", "LRO", "RLE", "LRI", "RLI") for letter in line)
    as_json = JsonLines().format(made)
    assert "\n" not in as_json
    assert as_json.isascii()
    assert json.loads(as_json)["message"] == message or any(sign in message for sign in "@=…") or len(message) > LONGEST


def test_secrets_are_left_out_wherever_they_stand() -> None:
    failed = ValueError("cannot open https://me:lighthouse@example.com/")
    made = record(
        "GET %s", "/api/v1/x?api_key=0123456789abcdef&a=1", exception=failed, url="http://me:light@house@example.com/p"
    )
    for line in (TextLines().format(made), JsonLines().format(made)):
        assert "light" not in line
        assert "0123456789abcdef" not in line
        assert "http://example.com/p" in line
        assert "api_key=…&a=1" in json.loads(line)["message"] if line.startswith("{") else "api_key=…&a=1" in line


def test_long_text_is_cut_after_secrets_are_taken_out() -> None:
    line = TextLines().format(record("%s", f"http://me:{'secret' * LONGEST}@example.com/" + "x" * 3 * LONGEST))
    assert len(line) < 2 * LONGEST
    assert "secret" not in line


def test_tasks_know_what_they_are_about_and_do_not_mix() -> None:
    async def work(name: str, gate: asyncio.Event) -> str:
        with about(snapshot=name):
            await gate.wait()
            return await asyncio.to_thread(JsonLines().format, record("In a thread"))

    async def both() -> list[str]:
        gate = asyncio.Event()
        tasks = [asyncio.create_task(work(name, gate)) for name in ("one", "two")]
        gate.set()
        return [json.loads(line)["snapshot"] for line in await asyncio.gather(*tasks)]

    with about(worker="here:1"):
        assert asyncio.run(both()) == ["one", "two"]
    assert "worker" not in json.loads(JsonLines().format(record("Afterwards")))


def test_no_field_is_named_like_an_attribute_of_records() -> None:
    assert not set(FIELDS) & set(vars(record("")))
