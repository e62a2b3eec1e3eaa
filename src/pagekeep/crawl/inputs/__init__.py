"""Lists of links in the formats people have them in: one file per format, each of the same shape.

To add one (CSV, OPML, sitemap, …): a module with ``read(text) -> Found``, and its sign in `_read_text`.
"""

from collections.abc import Sequence

from pagekeep.crawl.inputs import feed, json_list, netscape, plain
from pagekeep.crawl.inputs.item import Found, Item, broken
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url

__all__ = ["PARSERS", "Found", "Item", "read_inputs"]

PARSERS = ("auto", "url_list")
_SIGN_WITHIN = 4000
"""Characters within which a format must show itself."""


def read_inputs(texts: Sequence[str], parser: str = "auto") -> Found:
    """Return the links of all texts, in order.

    A text that is one URL is that URL, whatever it looks like. A text with no line break that is no JSON or XML is
    taken for one URL too, so that it is refused with the reason: nothing is ever searched for URLs.

    Args:
        parser: ``auto`` knows the format by the content: RSS, Atom, Netscape bookmarks, JSON, JSONL, one URL per line;
            ``url_list`` takes every text for the last.
    """
    found = Found()
    for text in texts:
        one = _read(text, parser)
        found.items += one.items
        found.refused += one.refused
    return found


def _read(text: str, parser: str) -> Found:
    stripped = text.strip().removeprefix("\ufeff").strip()
    if _is_url(stripped):
        return Found([Item(stripped)])
    if parser == "auto" and stripped[:1] in ("{", "["):
        return json_list.read(stripped)
    if parser == "auto" and stripped[:1] == "<":
        return _read_markup(stripped)
    if "\n" in stripped:
        return plain.read(stripped)
    return Found([Item(text)])


def _read_markup(text: str) -> Found:
    beginning = text[:_SIGN_WITHIN]
    if netscape.is_one(beginning):
        return netscape.read(text)
    if feed.is_one(beginning):
        return feed.read(text)
    return Found(refused=[broken(text, "HTML or XML", "it is neither a feed nor a bookmark file")])


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except BadInput:
        return False
    return True
