"""What a list of links is made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pagekeep.domain.urls import shorten

MAX_TITLE = 1000
MAX_RAW = 4000
MAX_TAG = 85  # what a tag may have, even where folding its case makes three of each character
MAX_TAGS = 100
MAX_ITEMS = 1_000_000
"""Links that are taken of one list."""
MAX_REFUSED = 10_000
"""Entries of one list whose refusal is told one by one."""

# Epoch seconds, milliseconds and microseconds of the years 1971 to 2603 tell themselves apart.
_UNITS = ((2e10, 1.0), (2e13, 1e3), (2e16, 1e6))
_FIRST = datetime(1970, 1, 2, tzinfo=UTC)
_TO_1601 = 11_644_473_600
_TO_2001 = 978_307_200
_PINBOARD_HAS_NONE = "[no title]"
# Folders that programs make by themselves: that a link lies in one says nothing about it.
_NO_FOLDERS = {
    *("bookmarks", "bookmarks bar", "bookmarks toolbar", "bookmarks menu", "other bookmarks", "mobile bookmarks"),
    *("favorites", "favorites bar", "favourites", "favourites bar", "reading list", "toolbar", "menu", "mobile"),
    *("unfiled", "unread", "archive", "read archive", "starred", "unsorted", "unorganized", "imported", "root"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One link of a list.

    Attributes:
        url: as it was written.
        added: in UTC; None where the list does not say.
        is_caption: the title is only what a link or a browser called the page; the page's own takes its place.
        place: where in the list it stands, like "Line 17"; empty where it stands alone.
    """

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    added: datetime | None = None
    is_caption: bool = field(default=False, compare=False)
    place: str = field(default="", compare=False)


@dataclass(slots=True)
class Found:
    """What a text came to.

    Attributes:
        items: its links, in order.
        refused: what could not be read, each with the reason as a sentence.
        is_cut: part of it could not be looked at, so that nobody knows how many entries it has.
    """

    items: list[Item] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = field(default=False, compare=False)
    _items_beyond: int = field(default=0, compare=False)
    _refused_beyond: int = field(default=0, compare=False)

    def put(self, item: Item) -> None:
        """Take a link, as long as there is room."""
        if len(self.items) < MAX_ITEMS:
            self.items.append(item)
        else:
            self._items_beyond += 1

    def refuse(self, text: str, reason: str, place: str = "") -> None:
        """Note an entry that cannot be read, the place it stands at in front of the sentence."""
        if len(self.refused) < MAX_REFUSED:
            self.refused.append((shorten(text.strip(), 200), f"{place}: {reason}" if place else reason))
        else:
            self._refused_beyond += 1

    def cut(self, text: str, format_name: str, why: str) -> None:
        """Note that what follows could not be read at all."""
        kept = f"; what stands before that, {len(self.items)} links, was taken" if self.items else ""
        self.refused.append(broken(text, format_name, f"{why}{kept}"))
        self.is_cut = True

    def named(self, name: str) -> "Found":
        """Return the same, the list's name with every place and reason."""

        def within(place: str) -> str:
            return f"{name}, {place[:1].lower()}{place[1:]}" if place else name

        items = [replace(item, place=within(item.place)) for item in self.items]
        return replace(self, items=items, refused=[(text, f"{name}: {reason}") for text, reason in self.refused])

    def finish(self) -> "Found":
        """Tell what there was no room for; called once the list is read."""
        if self._refused_beyond:
            self.refused.append(("", f"{self._refused_beyond} further entries of the list could not be read."))
        if self._items_beyond:
            beyond = f"give the last {self._items_beyond} in a list of their own"
            self.refused.append(("", f"The list holds more than {MAX_ITEMS} links; {beyond}."))
        self._items_beyond = self._refused_beyond = 0
        return self


def join(several: Iterable[Found]) -> Found:
    """Return what several texts have come to together, in their order."""
    found = Found()
    for one in several:
        found.items += one.items
        found.refused += one.refused
        found.is_cut = found.is_cut or one.is_cut
    return found


def make_item(
    url: str, title: object = "", tags: object = (), added: object = None, *, place: str = "", is_caption: bool = False
) -> Item:
    """Return an item of what a list holds, whatever its types; what cannot be used of it is left out.

    Args:
        tags: names, or text with names between commas.
        added: ISO 8601 or RFC 5322 text, or epoch seconds, milliseconds or microseconds as number or text.
        place: see `Item`, as is ``is_caption``.
    """
    name = _text(title)[:MAX_TITLE] if isinstance(title, str) else ""
    url = url.strip()
    return Item(
        url, "" if name in (url, _PINBOARD_HAS_NONE) else name, _tags(tags), moment_of(added), is_caption, place
    )


def moment_of(value: object) -> datetime | None:
    """Return a time as UTC; None for what is none, or lies before 1970 or in the future."""
    moment = _parsed(value)
    if moment is None or not _FIRST <= moment <= datetime.now(UTC) + timedelta(days=1):
        return None
    return moment


def since_1601(value: object) -> float | None:
    """Return microseconds since 1601, as Chromium counts, in epoch seconds; None for no number."""
    number = _number(value)
    return None if number is None else number / 1e6 - _TO_1601


def since_2001(value: object) -> float | None:
    """Return seconds since 2001, as Apple counts, in epoch seconds; None for no number."""
    number = _number(value)
    return None if number is None else number + _TO_2001


def folder_tags(folders: Iterable[object]) -> list[str]:
    """Return the folders a link lies in as tags, without those that programs make by themselves."""
    names = [name.strip() for name in folders if isinstance(name, str)]
    return [name for name in names if name and name.casefold() not in _NO_FOLDERS]


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
    number = _number(value)
    if number is not None:
        for below, unit in _UNITS:
            if 0 <= number < below:
                return datetime.fromtimestamp(number / unit, UTC)
        return None
    return _from_text(value.strip()) if isinstance(value, str) and len(value) <= 60 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _from_text(text: str) -> datetime | None:
    for read in (_from_iso, parsedate_to_datetime):  # RSS and OPML have dates as mails do
        try:
            moment = read(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _from_iso(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix(" UTC"))
