"""Linkwarden: the JSON file its settings export, ``{"collections": [{"name": …, "links": […]}], …}``."""

from typing import Any

from pagekeep.crawl.inputs.item import Found, folder_tags, make_item
from pagekeep.crawl.inputs.json_list import tag_names
from pagekeep.crawl.inputs.source import Source


def is_one(source: Source) -> bool:
    """Whether a text is such an export."""
    return any("links" in collection for collection in _collections(source))


def read(source: Source) -> Found:
    """Return the links of all collections, whose names are tags, too."""
    found, number = Found(), 0
    for collection in _collections(source):
        links = collection.get("links")
        for link in links if isinstance(links, list) else []:
            number += 1
            fields = link if isinstance(link, dict) else {}
            url, title = fields.get("url"), fields.get("name") or fields.get("title") or ""
            if not isinstance(url, str) or not url.strip():
                told = title if isinstance(title, str) and title else "a link without a name"
                found.refuse(told, "This link has no url; uploaded files have none.", f"Link {number}")
                continue
            tags = [*tag_names(fields.get("tags")), *folder_tags([collection.get("name")])]
            added = fields.get("importDate") or fields.get("createdAt")
            found.put(make_item(url, title, tags, added, place=f"Link {number}"))
    if not found.items and not found.refused:
        found.cut(source.text, "Linkwarden's JSON", "no collection in it holds a link")
    return found


def _collections(source: Source) -> list[dict[str, Any]]:
    value = source.json
    collections = value.get("collections") if isinstance(value, dict) else None
    return [one for one in collections if isinstance(one, dict)] if isinstance(collections, list) else []
