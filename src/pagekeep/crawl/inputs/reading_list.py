"""The HTML exports of Pocket and Instapaper: a heading for each folder, and a list of links under it.

``<h1>Unread</h1><ul><li><a href="…" time_added="…" tags="a,b">title</a></li></ul>``; Instapaper's has ``<ol>`` and
neither times nor tags.
"""

import re

from pagekeep.crawl.inputs.item import MAX_RAW, MAX_TAGS, Found, folder_tags, make_item
from pagekeep.crawl.inputs.markup import tags, words
from pagekeep.crawl.inputs.source import LineCounter, Source

_SIGN = re.compile(r"<title>\s*(?:pocket\s+export|instapaper[:\s]+export)", re.IGNORECASE)


def is_one(source: Source) -> bool:
    """Whether a text is such an export."""
    return _SIGN.search(source.beginning) is not None


def read(source: Source) -> Found:
    """Return the links; the heading they stand under is a tag where a person has chosen it."""
    found, lines, folder = Found(), LineCounter(source), ""
    for tag in tags(source.text):
        if tag.name == "h1":
            folder = words(tag)
        elif not tag.name:
            found.cut(source.text[tag.start : tag.start + MAX_RAW], "a reading list", "it breaks off inside a tag")
        elif tag.name == "a":
            values, title, place = tag.attributes(), words(tag), lines.at(tag.start)
            own = [*values.get("tags", "").split(",", MAX_TAGS), *folder_tags([folder])]
            if url := values.get("href", "").strip():
                found.put(make_item(url, title, own, values.get("time_added"), place=place))
            else:
                found.refuse(title or "a link without a title", "This link has no href.", place)
    if not found.items and not found.refused:
        found.cut(source.text, "a reading list", "it holds no link")
    return found
