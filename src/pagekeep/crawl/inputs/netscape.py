"""Bookmarks as every browser exports them: the Netscape bookmark file format.

There is no standard; Microsoft's "Netscape Bookmark File Format" describes it. No parser of HTML would understand it
better than a look at its links does: ``<DT><A HREF="…" ADD_DATE="…" TAGS="…">title</A>``.
"""

import re
from html import unescape

from pagekeep.crawl.inputs.item import Found, broken, make_item

_SIGN = re.compile(r"<!doctype\s+netscape-bookmark-file-1|<title>\s*pocket export", re.IGNORECASE)
# Every piece ends at the next "<", so the time is linear whatever the text.
_LINK = re.compile(r"<a\s([^<>]*)>([^<]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w-])([a-z_]+)=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def is_one(beginning: str) -> bool:
    """Whether a text that begins so is a bookmark file."""
    return _SIGN.search(beginning) is not None


def read(text: str) -> Found:
    """Return the bookmarks; the folders they lie in are not kept."""
    found = Found()
    for link in _LINK.finditer(text):
        values = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(link[1])
        }
        if url := values.get("href"):
            added = values.get("add_date") or values.get("time_added")
            found.items.append(make_item(url, unescape(link[2]), values.get("tags", ""), added))
    if not found.items:
        found.refused.append(broken(text, "a bookmark file", "it holds no bookmark"))
    return found
