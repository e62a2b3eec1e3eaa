"""A URL that stands in a list more than once, as a bookmark in two folders does, is one page."""

from collections.abc import Iterable
from dataclasses import replace

from pagekeep.crawl.inputs.item import MAX_TAGS, Item


def merged(items: Iterable[Item]) -> dict[str, Item]:
    """Return the items by URL, in the order of their first: all tags, the earliest date, and the first title, one that
    a person has given before a caption."""
    found: dict[str, Item] = {}
    for item in items:
        url = item.url.strip()
        known = found.get(url)
        found[url] = _both(known, item) if known else item
    return found


def _both(first: Item, second: Item) -> Item:
    titled = second if _worth(second) > _worth(first) else first
    moments = [one.added for one in (first, second) if one.added]
    return replace(
        first,
        title=titled.title,
        is_caption=titled.is_caption,
        tags=tuple(dict.fromkeys((*first.tags, *second.tags)))[:MAX_TAGS],
        added=min(moments, default=None),
    )


def _worth(item: Item) -> int:
    return 0 if not item.title else 1 if item.is_caption else 2
