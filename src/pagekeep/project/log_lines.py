"""How a log line is written: one line of text, or one JSON object, whatever hostile text it is about.

Control characters, line ends and marks that turn the writing round are escaped, so what comes from pages can neither
begin a line of its own nor steer a terminal. User names and passwords in URLs and keys in queries are left out.
"""

import json
import logging
import re
from datetime import UTC, datetime

from pagekeep.domain.log_fields import FIELDS, current
from pagekeep.domain.urls import shorten

LONGEST = 4_000
"""Characters of a message or field; a traceback may be ten times as long."""
# C0, DEL, C1, what sets the direction of writing or is invisible (Unicode Standard Annex 9), line and paragraph
# separators, and halves of surrogate pairs, which no encoding takes.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
# The last @ before the path ends the credentials (WHATWG URL, 4.4).
_CREDENTIALS = re.compile(r"(:[/\\]{2})[^\s/\\?#]*@")
_KEY = re.compile(r"([?&]api_key=)[^\s&#'\"]+")
_PLAIN = re.compile(r"[^\s\"=]+")


class TextLines(logging.Formatter):
    """``2026-11-25T09:30:51.123Z INFO pagekeep.worker.loop: Capture begins url=https://example.com/``"""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and indented below it the traceback, if there is one."""
        told = f"{_time(record)} {record.levelname} {record.name}: {_safe(_message(record))}"
        line = " ".join([told, *(f"{name}={_word(value)}" for name, value in _fields(record).items())])
        return "\n    ".join([line, *map(_safe, _traceback(record).splitlines())])


class JsonLines(logging.Formatter):
    """``{"time": "2026-11-25T09:30:51.123Z", "level": "info", "logger": …, "message": …, "url": …}``"""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; ``exception`` holds the traceback, if there is one."""
        told = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_fields(record),
        }
        if traceback := _traceback(record):
            told["exception"] = traceback
        return json.dumps(told)  # in ASCII: everything else is escaped


def _fields(record: logging.LogRecord) -> dict[str, object]:
    known = current()
    found = {name: getattr(record, name, known.get(name)) for name in FIELDS}
    return {name: _value(value) for name, value in found.items() if value is not None and value != ""}


def _value(value: object) -> object:
    if isinstance(value, bool | int):
        return value
    return round(value, 3) if isinstance(value, float) else shorten(_without_secrets(str(value)), LONGEST)


def _word(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and not _UNSAFE.search(text) else f'"{_safe(text.replace(chr(34), chr(39)))}"'


def _message(record: logging.LogRecord) -> str:
    return shorten(_without_secrets(record.getMessage()), LONGEST)


def _traceback(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return shorten(_without_secrets(logging.Formatter().formatException(record.exc_info)), 10 * LONGEST)


def _without_secrets(text: str) -> str:
    return _KEY.sub(r"\1…", _CREDENTIALS.sub(r"\1", text))


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
