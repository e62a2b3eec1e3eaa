"""Bookmarks as every browser exports them: the Netscape bookmark file format.

There is no standard; Microsoft's "Netscape Bookmark File Format" describes it: ``<DT><A HREF="…" ADD_DATE="…"
TAGS="…">title</A>`` in lists, ``<DL>``, each with the folder's name, ``<H3>``, before it. Many services export it too.
"""

import re

from pagekeep.crawl.inputs.item import MAX_RAW, MAX_TAGS, Found, folder_tags, make_item
from pagekeep.crawl.inputs.markup import Markup, tags, words
from pagekeep.crawl.inputs.source import LineCounter, Source

_SIGN = re.compile(r"<!doctype\s+netscape-bookmark-file-1", re.IGNORECASE)
# A description, <DD>, may hold links, which are no bookmarks; some programs leave <DT> out, but no date.
_AFTER_DESCRIPTION = ("dt", "dl", "/dl", "h3", "/dd")
_NO_FOLDER = ("personal_toolbar_folder", "unfiled_bookmarks_folder")


def is_one(source: Source) -> bool:
    """Whether a text is a bookmark file."""
    return _SIGN.search(source.beginning) is not None


def read(source: Source) -> Found:
    """Return the bookmarks; the folders they lie in are tags."""
    found, lines = Found(), LineCounter(source)
    folders: list[str] = []
    name, is_described = "", False
    for tag in tags(source.text):
        is_described = tag.name == "dd" or (is_described and tag.name not in _AFTER_DESCRIPTION)
        if tag.name == "h3":
            name = "" if any(tag.attributes().get(mark) for mark in _NO_FOLDER) else words(tag)
        elif tag.name == "dl":
            folders.append(name)
            name = ""
        elif tag.name == "/dl" and folders:
            folders.pop()
        elif tag.name == "a" and not (is_described and "add_date" not in tag.attributes()):
            _put(found, tag, folders, lines.at(tag.start))
        elif not tag.name:
            found.cut(source.text[tag.start : tag.start + MAX_RAW], "a bookmark file", "it breaks off inside a tag")
    if not found.items and not found.refused:
        found.cut(source.text, "a bookmark file", "it holds no bookmark")
    return found


def _put(found: Found, tag: Markup, folders: list[str], place: str) -> None:
    values = tag.attributes()
    if url := values.get("href", "").strip():
        named = values.get("tags", "").split(",", MAX_TAGS)
        own = [*named, *folder_tags(folders[-MAX_TAGS:])]
        found.put(make_item(url, words(tag), own, values.get("add_date") or values.get("time_added"), place=place))
    elif "href" in values or "name" not in values:
        found.refuse(words(tag) or "a bookmark without a title", "This bookmark has no HREF.", place)
