"""Pocket's API (https://getpocket.com/developer/docs/v3/retrieve), as many back-up tools have kept it:
``{"list": {"<id>": {"given_url": …, "resolved_title": …, "time_added": …, "tags": {"name": …}}}}``."""

from typing import Any

from pagekeep.crawl.inputs.item import Found, make_item
from pagekeep.crawl.inputs.source import Source


def is_one(source: Source) -> bool:
    """Whether a text is such an answer."""
    return any({"item_id", "time_added"} <= entry.keys() for entry in _entries(source)[:20])


def read(source: Source) -> Found:
    """Return the entries; those the answer only calls deleted have no URL."""
    found = Found()
    for number, entry in enumerate(_entries(source), 1):
        url = entry.get("given_url") or entry.get("resolved_url")
        title = entry.get("given_title") or entry.get("resolved_title") or ""
        if not isinstance(url, str) or not url.strip():
            told = title if isinstance(title, str) and title else "an entry without a title"
            found.refuse(told, "This entry has no given_url.", f"Entry {number}")
            continue
        tags = list(entry["tags"]) if isinstance(entry.get("tags"), dict) else []
        found.put(make_item(url, title, tags, entry.get("time_added"), place=f"Entry {number}"))
    if not found.items and not found.refused:
        found.cut(source.text, "Pocket's JSON", "it holds no entry")
    return found


def _entries(source: Source) -> list[dict[str, Any]]:
    value = source.json
    kept = value.get("list") if isinstance(value, dict) else value
    entries = list(kept.values()) if isinstance(kept, dict) else kept
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
