"""What a list of links is made of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pagekeep.domain.urls import shorten

MAX_TITLE = 1000
MAX_RAW = 4000
MAX_TAG = 85  # what a tag may have, even where folding its case makes three of each character
MAX_TAGS = 100

# Epoch seconds, milliseconds and microseconds of the years 1971 to 2603 tell themselves apart.
_UNITS = ((2e10, 1.0), (2e13, 1e3), (2e16, 1e6))
_FIRST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """One link of a list. ``url`` is as it was written; ``added`` (UTC) is None where the list does not say."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    added: datetime | None = None


@dataclass(slots=True)
class Found:
    """What a text came to: its links in order, and what could not be read, each with the reason as a sentence."""

    items: list[Item] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def make_item(url: str, title: object = "", tags: object = (), added: object = None) -> Item:
    """Return an item of what a list holds, whatever its types; what cannot be used of it is left out.

    Args:
        tags: names, or text with names between commas.
        added: ISO 8601 text, or epoch seconds, milliseconds or microseconds as number or text.
    """
    name = _text(title)[:MAX_TITLE] if isinstance(title, str) else ""
    return Item(url.strip(), "" if name == url.strip() else name, _tags(tags), moment_of(added))


def moment_of(value: object) -> datetime | None:
    """Return a time as UTC; None for what is none, or lies before 1970 or in the future."""
    moment = _parsed(value)
    if moment is None or not _FIRST <= moment <= datetime.now(UTC) + timedelta(days=1):
        return None
    return moment


def broken(text: str, format_name: str, why: str) -> tuple[str, str]:
    """Return the refusal of a text, or of its rest, that cannot be read."""
    return shorten(text.strip(), 200), f"This looks like {format_name}, but {why}; correct it or give plain URLs."


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",", MAX_TAGS)[:MAX_TAGS]
    if not isinstance(value, list | tuple):
        return ()
    names = (_text(name) for name in value[:MAX_TAGS] if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= MAX_TAG))


def _text(text: str) -> str:
    """Return text on one line, without what no title or tag may hold."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MAX_RAW]).split())


def _parsed(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        value = value.strip()
        if len(value) > 40:
            return None
        try:
            value = float(value)
        except ValueError:
            return _from_iso(str(value))
    for below, unit in _UNITS:
        if 0 <= value < below:
            return datetime.fromtimestamp(value / unit, UTC)
    return None


def _from_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
