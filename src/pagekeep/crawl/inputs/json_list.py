"""JSON: a list of links as the exports of bookmark services have it (Pinboard, Wallabag, Shiori, Raindrop, Omnivore,
browsing histories, …), a JSON Feed (https://www.jsonfeed.org/version/1.1/), or one value per line (JSONL)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from json import JSONDecoder
from typing import Any

from orjson import JSONDecodeError, loads

from pagekeep.crawl.inputs.item import Found, Item, make_item
from pagekeep.crawl.inputs.source import Source, Unread

URL_KEYS = ("url", "href", "link", "uri", "external_url")
TITLE_KEYS = ("title", "name", "description")
ADDED_KEYS = (
    *("bookmarked_at", "timestamp", "time", "added", "date_added", "dateAdded", "time_added", "time_usec"),
    *("created_at", "createdAt", "created", "savedAt", "saved_at", "date_published", "published", "date"),
    *("modifiedAt", "modified"),
)
TAG_KEYS = ("tags", "labels", "tags_str")
# Where an object that is no link itself keeps its list.
LIST_KEYS = (
    *("items", "bookmarks", "links", "urls", "snapshots", "entries", "articles", "history", "Browser History"),
    *("data", "results"),
)
TOLD_ONLY = ("refused", "known")
"""Types of the lines in which our own commands tell what they did not take. They name nothing."""
_MANY = 1000
_OPENING, _COMMA = (re.compile(rf"\s*{sign}\s*") for sign in (r"\[", ","))
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]{0,999}\](?:\(|\[|:\s)")


def is_one(source: Source) -> bool:
    """Whether a text is JSON, broken or not. Markdown may begin with a bracket, too: that of a link."""
    return source.text.startswith(("{", "[")) and not _MARKDOWN_LINK.match(source.text)


def read(source: Source) -> Found:
    """Return the links of a JSON document, or of one JSON value on each line."""
    if not isinstance(source.json, Unread):
        return _document(source)
    found, lines = Found(), source.lines()
    if len(lines) < 2 or not _is_json(lines[0]):
        for number, entry in enumerate(_whole_entries(source.text), 1):
            _put(found, entry, f"Entry {number}")
        found.cut(source.text, "JSON", f"it is not valid ({source.json})")
        return found
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = source.line_of(number)
        try:
            _put(found, loads(line), place)
        except (JSONDecodeError, UnicodeEncodeError) as error:
            found.refuse(line, f"This line is no valid JSON ({error}).", place)
    return found


def tag_names(value: object) -> list[object]:
    """Return the names of tags that are names, or objects that have one."""
    tags = value if isinstance(value, list) else []
    return [tag.get("name") if isinstance(tag, dict) else tag for tag in islice(tags, _MANY)]


def _whole_entries(text: str) -> Iterator[Any]:
    """Yield the entries that stand before the place where a list is broken or cut off."""
    decoder, comma = JSONDecoder(), _OPENING.match(text)
    while comma:
        try:
            value, place = decoder.raw_decode(text, comma.end())
        except (ValueError, RecursionError):
            return
        yield value
        comma = _COMMA.match(text, place)


def _is_json(line: str) -> bool:
    try:
        loads(line)
    except (JSONDecodeError, UnicodeEncodeError):
        return False
    return True


def _document(source: Source) -> Found:
    value, found = source.json, Found()
    if isinstance(value, dict) and _url_of(value) is None:
        value = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), [])
    for number, entry in enumerate(value if isinstance(value, list) else [value], 1):
        _put(found, entry, f"Entry {number}")
    if not found.items and not found.refused and not _only_tells(value):
        found.cut(source.text, "JSON", "it holds no object with a url")
    return found


def _put(found: Found, entry: Any, place: str) -> None:
    if _only_tells(entry):
        return
    if isinstance(entry, str):
        found.put(Item(entry.strip(), place=place))
        return
    url = _url_of(entry) if isinstance(entry, dict) else None
    if url is None:
        found.refuse(str(entry)[:200], "This entry of the list has no url; give it one or leave it out.", place)
        return
    title, added = _first(entry, TITLE_KEYS), _first(entry, ADDED_KEYS)
    found.put(make_item(url, title, _tags_of(entry), added, place=place))


def _only_tells(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("type") in TOLD_ONLY


def _url_of(entry: dict[str, Any]) -> str | None:
    return next((entry[key] for key in URL_KEYS if isinstance(entry.get(key), str) and entry[key].strip()), None)


def _first(entry: dict[str, Any], keys: Iterable[str]) -> object:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _tags_of(entry: dict[str, Any]) -> object:
    tags = _first(entry, TAG_KEYS)
    if isinstance(tags, list):
        return tag_names(tags)
    # Pinboard and Delicious, which write `href`, part names by spaces.
    if isinstance(tags, str) and "," not in tags and "href" in entry:
        return tags.split()
    return tags
