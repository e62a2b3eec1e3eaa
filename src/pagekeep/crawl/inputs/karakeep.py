"""Karakeep, formerly Hoarder: its JSON export, ``{"bookmarks": [{"content": {"type": "link", "url": …}, …}]}``."""

from typing import Any

from pagekeep.crawl.inputs.item import Found, folder_tags, make_item
from pagekeep.crawl.inputs.json_list import tag_names
from pagekeep.crawl.inputs.source import Source

_SOME = 20


def is_one(source: Source) -> bool:
    """Whether a text is such an export."""
    value = source.json
    entries = value.get("bookmarks") if isinstance(value, dict) else None
    return isinstance(entries, list) and any(
        isinstance(entry, dict) and "content" in entry for entry in entries[:_SOME]
    )


def read(source: Source) -> Found:
    """Return the bookmarks that are links; the names of the lists they are in are tags, too."""
    found, value = Found(), _object(source.json)
    lists = [_object(one) for one in _array(value.get("lists"))]
    names = {one["id"]: one.get("name") for one in lists if isinstance(one.get("id"), str)}
    for number, entry in enumerate(_array(value.get("bookmarks")), 1):
        fields, place = _object(entry), f"Entry {number}"
        content = _object(fields.get("content"))
        url = content.get("url") or content.get("sourceUrl")
        title = fields.get("title") or content.get("title") or ""
        if not isinstance(url, str) or not url.strip():
            told = title if isinstance(title, str) and title else "a bookmark without a title"
            found.refuse(told, f"This bookmark ({str(content.get('type') or 'empty')[:20]}) has no url.", place)
            continue
        folders = folder_tags(names.get(key) for key in _array(fields.get("lists")) if isinstance(key, str))
        found.put(
            make_item(url, title, [*tag_names(fields.get("tags")), *folders], fields.get("createdAt"), place=place)
        )
    if not found.items and not found.refused:
        found.cut(source.text, "Karakeep's JSON", "it holds no bookmark")
    return found


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _array(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
