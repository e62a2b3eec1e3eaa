"""Lists of links in the formats people have them in: one file per format, each of the same shape.

To add one: a module with ``is_one(source)``, a cheap look at its signs, and ``read(source) -> Found``, its place in
`FORMATS`, a sample in ``tests/unit/crawl/samples`` and a row in ``docs/inputs.md``.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pagekeep.crawl.inputs import (
    browser_json,
    csv_table,
    feed,
    html_page,
    json_list,
    karakeep,
    linkwarden,
    markdown,
    netscape,
    opml,
    pinboard_xml,
    pocket_json,
    reading_list,
    sitemap,
    url_list,
    wallabag_xml,
)
from pagekeep.crawl.inputs.item import Found, Item, join
from pagekeep.crawl.inputs.source import Source
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url, shorten

__all__ = ["FORMATS", "PARSERS", "Found", "Item", "format_of", "join", "known_parser", "read_inputs", "read_text"]


class Format(Protocol):
    """A module that reads one format."""

    def is_one(self, source: Source) -> bool: ...
    def read(self, source: Source) -> Found: ...


# In this order they are tried: what knows its own for certain comes before what would take it, too.
FORMATS: Mapping[str, Format] = {
    "karakeep": karakeep,
    "linkwarden": linkwarden,
    "browser_json": browser_json,
    "pocket_json": pocket_json,
    "netscape": netscape,
    "reading_list": reading_list,
    "feed": feed,
    "opml": opml,
    "sitemap": sitemap,
    "pinboard_xml": pinboard_xml,
    "wallabag_xml": wallabag_xml,
    "html": html_page,
    "json": json_list,
    "url_list": url_list,
    "csv": csv_table,
    "markdown": markdown,
}
SERVICES: Mapping[str, Sequence[str]] = {
    "instapaper": ("reading_list", "csv"),
    "pinboard": ("pinboard_xml", "netscape", "json"),
    "pocket": ("pocket_json", "reading_list", "csv"),
    "raindrop": ("netscape", "csv"),
    "shiori": ("netscape", "json"),
    "wallabag": ("wallabag_xml", "csv", "json"),
}
"""Formats that a service exports: the first whose signs are there is meant."""
PARSERS = ("auto", *sorted([*FORMATS, *SERVICES]))


def read_inputs(texts: Sequence[str], parser: str = "auto") -> Found:
    """Return the links of all texts, in order.

    A text that is one URL is that URL, whatever it looks like. A text with no line break that is no JSON or XML is
    taken for one URL too, so that it is refused with the reason: nothing is ever searched for URLs.

    Args:
        parser: ``auto`` knows the format by the content; one of `PARSERS` takes every text for that.
    """
    return join([_read(text, parser) for text in texts])


def read_text(text: str, parser: str = "auto") -> Found:
    """Return the links of a file's text; of one that holds nothing but comments (``#``), nothing.

    Args:
        parser: see `read_inputs`.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return Found()
    return _read(text, parser)


def known_parser(name: str) -> str:
    """Return the name of a parser; an empty one stands for ``auto``.

    Raises:
        BadInput: there is none of this name.
    """
    if (name.strip() or "auto") not in PARSERS:
        raise BadInput(f"parser={shorten(name.strip())!r} is not known; allowed are {', '.join(PARSERS)}.")
    return name.strip() or "auto"


def format_of(source: Source) -> str:
    """Return the name of the format whose signs a text shows; text without any is a list of URLs."""
    if name := next((name for name, module in FORMATS.items() if module.is_one(source)), ""):
        return name
    return "html" if source.text.startswith("<") else "url_list"


def _read(text: str, parser: str) -> Found:
    source = Source(text)
    if _is_url(source.text):
        return Found([Item(source.text)])
    if parser != "auto":
        return _forced(source, parser)
    if "\n" not in source.text and not source.text.startswith(("{", "[", "<")):
        return Found([Item(text)])
    return FORMATS[format_of(source)].read(source).finish()


def _forced(source: Source, parser: str) -> Found:
    names = SERVICES.get(parser, (parser,))
    name = next((name for name in names if FORMATS[name].is_one(source)), names[-1])
    return FORMATS[name].read(source).finish()


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except BadInput:
        return False
    return True
