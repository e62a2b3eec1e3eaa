"""JSON: a list of links as the exports of bookmark services have it, a JSON Feed, or one object per line (JSONL)."""

from typing import Any

from orjson import JSONDecodeError, loads

from pagekeep.crawl.inputs.item import Found, Item, broken, make_item

URL_KEYS = ("url", "href", "link", "uri", "external_url")
TITLE_KEYS = ("title", "name", "description")
ADDED_KEYS = (
    "bookmarked_at",
    "timestamp",
    "time",
    "added",
    "date_added",
    "created_at",
    "created",
    "date_published",
    "published",
    "date",
)
# Where an object that is no link itself keeps its list.
LIST_KEYS = ("items", "bookmarks", "links", "urls", "snapshots", "data", "results")


def read(text: str) -> Found:
    """Return the links of a JSON document, or of one JSON value on each line."""
    try:
        return _document(text, loads(text))
    except (JSONDecodeError, UnicodeEncodeError) as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            return Found(refused=[broken(text, "JSON", f"it is not valid ({error})")])
        return _lines(lines)


def _is_json(line: str) -> bool:
    try:
        loads(line)
    except (JSONDecodeError, UnicodeEncodeError):
        return False
    return True


def _document(text: str, value: Any) -> Found:
    if isinstance(value, dict) and _url_of(value) is None:
        value = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), [])
    found = Found()
    for entry in value if isinstance(value, list) else [value]:
        _put(found, entry)
    if not found.items and not found.refused:
        found.refused.append(broken(text, "JSON", "it holds no object with a url"))
    return found


def _lines(lines: list[str]) -> Found:
    found = Found()
    for line in lines:
        try:
            _put(found, loads(line))
        except (JSONDecodeError, UnicodeEncodeError) as error:
            found.refused.append(broken(line, "a line of JSON", f"it is not valid ({error})"))
    return found


def _put(found: Found, entry: Any) -> None:
    if isinstance(entry, str):
        found.items.append(Item(entry.strip()))
        return
    url = _url_of(entry) if isinstance(entry, dict) else None
    if url is None:
        found.refused.append((str(entry)[:200], "This entry of the list has no url; give it one or leave it out."))
        return
    found.items.append(make_item(url, _first(entry, TITLE_KEYS), _tags_of(entry), _first(entry, ADDED_KEYS)))


def _url_of(entry: dict[str, Any]) -> str | None:
    return next((entry[key] for key in URL_KEYS if isinstance(entry.get(key), str) and entry[key].strip()), None)


def _first(entry: dict[str, Any], keys: tuple[str, ...]) -> object:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _tags_of(entry: dict[str, Any]) -> object:
    tags = entry.get("tags")
    if isinstance(tags, list):  # names, or objects that have one
        return [tag.get("name") if isinstance(tag, dict) else tag for tag in tags[:1000]]
    # Pinboard and Delicious, which write `href`, part names by spaces.
    if isinstance(tags, str) and "," not in tags and "href" in entry:
        return tags.split()
    return tags
