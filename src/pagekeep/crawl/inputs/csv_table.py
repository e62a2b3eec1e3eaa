"""CSV (RFC 4180) with any delimiter: the columns are known by their names, or by what stands in them.

The names are those of Pocket, Instapaper, Raindrop, Wallabag, Readwise Reader, Matter, Omnivore and the like.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from orjson import JSONDecodeError, loads

from pagekeep.crawl.inputs.item import MAX_TAGS, Found, folder_tags, make_item, moment_of
from pagekeep.crawl.inputs.source import Source
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url

csv.field_size_limit(64 * 2**20)  # Wallabag's tables hold whole articles

DELIMITERS = ",;\t|"
_ROWS_LOOKED_AT = 20
_MOST_FIELDS = 1000
# Names in lower case, letters and digits only; the first that is there counts.
_URL = ("url", "href", "link", "uri", "address", "givenurl", "resolvedurl", "pageurl", "sourceurl", "website")
_TITLE = ("title", "name", "pagetitle", "documenttitle", "giventitle", "resolvedtitle", "text")
_TAGS = ("tags", "tag", "labels", "label", "keywords", "documenttags", "categories", "category")
_FOLDER = ("folder", "collection", "list", "group")
_ADDED = (
    *("created", "createdat", "creationdate", "timestamp", "timeadded", "dateadded", "added", "addedat", "addedon"),
    *("saved", "savedat", "saveddate", "savedon", "bookmarkedat", "datesaved", "datecreated", "date", "time"),
    *("lastvisittime", "visittime", "lastvisitdate"),
)
_SEPARATOR_LINE = re.compile(r"sep=(.)\n", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row the fields stand; -1 for none."""

    url: int
    title: int = -1
    tags: int = -1
    folder: int = -1
    added: int = -1
    is_wallabag: bool = False
    has_passwords: bool = False


def is_one(source: Source) -> bool:
    """Whether a text has a row of known names first, or rows that are alike with a URL in the same place of each."""
    if _SEPARATOR_LINE.match(source.beginning):
        return True
    delimiter, columns, has_header = _layout(source)
    if columns is None or source.text.startswith("|"):  # as tables of Markdown do
        return False
    # A comma is a letter of URLs, too: rows that begin with one are a table where they are quoted or a tab parts them.
    return has_header or delimiter == "\t" or columns.url > 0 or source.text.startswith('"')


def read(source: Source) -> Found:
    """Return a link for each row that has something in its column of URLs."""
    found = Found()
    delimiter, columns, has_header = _layout(source)
    if columns is not None and columns.has_passwords:
        found.refuse("a table of passwords", "It is no list of links, and nothing of it was taken.")
        return found
    if columns is None:
        found.cut(source.text, "CSV", "no column of it is named url, link or the like, or holds URLs")
        return found
    try:
        for number, (line, row) in enumerate(_rows(source, delimiter)):
            if any(row) and not (number == 0 and has_header):
                _put(found, row, columns, source.line_of(line))
    except csv.Error as error:
        found.cut(source.text, "CSV", f"it is broken: {error}")
    if not found.items and not found.refused:
        found.cut(source.text, "CSV", "it holds no row with a URL")
    return found


def _put(found: Found, row: Sequence[str], columns: _Columns, place: str) -> None:
    url, title = _at(row, columns.url), _at(row, columns.title)
    if not url.strip():
        told = title or next((text for text in row if text.strip()), "")
        found.refuse(told, "This row has nothing in its column of URLs.", place)
        return
    tags = [*_split_tags(_at(row, columns.tags)), *folder_tags([_at(row, columns.folder)])]
    added = _at(row, columns.added)
    found.put(make_item(url, title, tags, _wallabag_date(added) if columns.is_wallabag else added, place=place))


def _rows(source: Source, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows and the line each begins in.

    Raises:
        csv.Error: a quote is never closed, or a field is larger than any can be.
    """
    skipped = 1 if _SEPARATOR_LINE.match(source.text) else 0
    lines = source.lines()[skipped:]
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, skipinitialspace=True)
    begins = 0
    for row in reader:
        if reader.line_num == len(lines) and _is_open(lines[begins:], delimiter):
            raise csv.Error(f"the quote that opens in {source.line_of(begins + skipped + 1).lower()} is never closed")
        yield begins + skipped + 1, row[:_MOST_FIELDS]
        begins = reader.line_num


def _is_open(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a row ends within quotes; readers of CSV bear that without a word."""
    try:
        list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _layout(source: Source) -> tuple[str, _Columns | None, bool]:
    """Return the delimiter, the columns (None for no table), and whether the first row is their names."""
    if named := _SEPARATOR_LINE.match(source.text):
        delimiters: Sequence[str] = [named[1]]
    else:
        first = source.beginning.partition("\n")[0]
        delimiters = sorted(DELIMITERS, key=lambda letter: -first.count(letter))
    for delimiter in delimiters:
        rows = _first_rows(source, delimiter)
        if rows and (columns := _named(rows[0])):
            return delimiter, columns, True
        if len(rows) > 1 and (columns := _unnamed(rows)):
            return delimiter, columns, False
    return ",", None, False


def _first_rows(source: Source, delimiter: str) -> list[list[str]]:
    rows = list[list[str]]()
    with suppress(csv.Error):  # told when all of them are read
        for _, row in islice(_rows(source, delimiter), _ROWS_LOOKED_AT):
            rows += [row] if any(row) else []
    return rows


def _named(row: Sequence[str]) -> _Columns | None:
    names = [_NO_LETTER.sub("", text[:100].casefold()) for text in row]

    def place(known: Sequence[str]) -> int:
        return next((names.index(name) for name in known if name in names), -1)

    if (url := place(_URL)) < 0:
        return None
    is_wallabag = {"creationdate", "mimetype"} <= set(names)
    has_passwords = "password" in names  # as browsers export them, beside bookmarks and histories
    return _Columns(url, place(_TITLE), place(_TAGS), place(_FOLDER), place(_ADDED), is_wallabag, has_passwords)


def _unnamed(rows: Sequence[Sequence[str]]) -> _Columns | None:
    """Return columns by what stands in them: the first of URLs, the first of times, the first other one as title."""
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        return None
    columns = [[row[place] for row in rows] for place in range(min(width, 50))]
    url = next((place for place, texts in enumerate(columns) if all(map(_is_url, texts))), -1)
    if url < 0:
        return None
    added = next((place for place, texts in enumerate(columns) if place != url and all(map(moment_of, texts))), -1)
    title = next((place for place, texts in enumerate(columns) if place not in (url, added) and any(texts)), -1)
    return _Columns(url, title, added=added)


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except BadInput:
        return False
    return True


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if 0 <= place < len(row) else ""


def _split_tags(text: str) -> list[str]:
    """Return names that are parted by ``|`` (Pocket), commas or semicolons, or stand in a list of JSON (Instapaper)."""
    text = text[:20_000].strip()
    if text.startswith("["):
        try:
            names = loads(text)
        except (JSONDecodeError, UnicodeEncodeError):
            names = text.strip("[]").split(",")
        return [str(name).strip(" '\"") for name in names[:MAX_TAGS]] if isinstance(names, list) else []
    mark = next((mark for mark in "|,;" if mark in text), "\n")
    return text.split(mark, MAX_TAGS)[:MAX_TAGS]


def _wallabag_date(text: str) -> str:
    """Return a time of Wallabag's tables in ISO 8601: they have the day first, and do not say which half of it."""
    try:
        return datetime.strptime(text.strip(), "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return ""
