"""Bookmarks as browsers keep them in JSON: Firefox's backups (``bookmarks-2026-….json``) and the file ``Bookmarks`` in
the profile of Chromium, Chrome, Edge, Brave and the like."""

from typing import Any

from pagekeep.crawl.inputs.item import MAX_TAGS, Found, folder_tags, make_item, since_1601
from pagekeep.crawl.inputs.source import Source

_PLACE = "text/x-moz-place"


def is_one(source: Source) -> bool:
    """Whether a text is such a tree."""
    value = source.json
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("roots"), dict) or (isinstance(value.get("children"), list) and "guid" in value)


def read(source: Source) -> Found:
    """Return the bookmarks in the order of the tree; the folders they lie in are tags."""
    found, value = Found(), source.json if isinstance(source.json, dict) else {}
    roots = value.get("roots")
    # Without recursion: the tree may be deep. What lies in the roots themselves lies in no folder.
    waiting: list[tuple[Any, tuple[object, ...]]] = [
        (node, ()) for node in reversed(list(roots.values()) if isinstance(roots, dict) else _children(value))
    ]
    waiting = [(child, ()) for node, _ in waiting for child in reversed(_children(node))]
    number = 0
    while waiting:
        node, folders = waiting.pop()
        if not isinstance(node, dict):
            continue
        if children := _children(node):
            inner = (*folders[-MAX_TAGS:], node.get("name") or node.get("title"))
            waiting += [(child, inner) for child in reversed(children)]
        elif node.get("type") in ("url", _PLACE):
            number += 1
            _put(found, node, folders, f"Bookmark {number}")
    if not found.items and not found.refused:
        found.cut(source.text, "a browser's bookmarks", "it holds none")
    return found


def _put(found: Found, node: dict[str, Any], folders: tuple[object, ...], place: str) -> None:
    is_firefox = node.get("type") == _PLACE
    url, title = (node.get("uri"), node.get("title")) if is_firefox else (node.get("url"), node.get("name"))
    if not isinstance(url, str) or not url.strip():
        found.refuse(
            title if isinstance(title, str) and title else "a bookmark without a title", "It has no URL.", place
        )
        return
    named = node.get("tags")
    tags = [*(named.split(",", MAX_TAGS) if isinstance(named, str) else []), *folder_tags(folders)]
    added = node.get("dateAdded") if is_firefox else since_1601(node.get("date_added"))
    found.put(make_item(url, title, tags, added, place=place))


def _children(node: object) -> list[Any]:
    children = node.get("children") if isinstance(node, dict) else None
    return children if isinstance(children, list) else []
