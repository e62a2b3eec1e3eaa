"""Feeds: RSS 0.9 to 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0, and Atom (RFC 4287)."""

import re
from html import unescape

from pagekeep.crawl.inputs.item import Found, make_item
from pagekeep.crawl.inputs.source import Source
from pagekeep.crawl.inputs.xml_reader import XmlReader

MAX_TEXT = 20_000
_MARKUP = re.compile(r"<[^<>]*>")
_ENTRIES = ("item", "entry")
_DATES = ("pubDate", "published", "date", "updated", "issued")


def is_one(source: Source) -> bool:
    """Whether a text is a feed."""
    return source.root in ("rss", "feed", "rdf")


def read(source: Source) -> Found:
    """Return the entries of a feed. Where it is broken, those before that place, and a refusal of the rest."""
    reader = _Reader(source)
    return reader.xml.read_into(reader.found, source.text, "a feed", "it holds no entry with a link")


class _Reader:
    """Gathers the fields of one entry after the other."""

    def __init__(self, source: Source) -> None:
        self.found = Found()
        self.xml = XmlReader(self._start, self._end, self._put)
        self._source = source
        self._depth = 0
        self._entry_depth = 0  # 0 outside of entries
        self._place = ""
        self._fields: dict[str, str] = {}
        self._tags: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._is_html = False  # RFC 4287, 3.1.1.2: such text is HTML, escaped once more

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._text, self._length, self._is_html = [], 0, attributes.get("type") == "html"
        if not self._entry_depth:
            if name in _ENTRIES:
                self._entry_depth, self._fields, self._tags = self._depth, {}, []
                self._place = self._source.line_of(self.xml.line)
        elif self._depth == self._entry_depth + 1:
            if name == "link" and "href" in attributes and attributes.get("rel", "alternate") == "alternate":
                self._fields.setdefault("href", attributes["href"])
            if name == "category" and "term" in attributes:
                self._tags.append(attributes["term"])
            if name == "guid":
                self._fields["permalink"] = attributes.get("isPermaLink", "true")

    def _end(self, name: str) -> None:
        if self._entry_depth and self._depth == self._entry_depth + 1:
            text = "".join(self._text)
            text = (unescape(_MARKUP.sub("", text)) if self._is_html else text).strip()
            if name in ("category", "subject"):
                self._tags.append(text)
            elif text:
                self._fields.setdefault(name, text)
        elif self._depth == self._entry_depth:
            self._entry_depth = 0
            self._end_entry()
        self._text, self._length = [], 0
        self._depth -= 1

    def _put(self, text: str) -> None:
        if self._entry_depth and self._length < MAX_TEXT:
            self._text.append(text[: MAX_TEXT - self._length])
            self._length += len(text)

    def _end_entry(self) -> None:
        fields = self._fields
        url = fields.get("link") or fields.get("href", "")  # RSS entries may have links of Atom beside their own
        if not url and fields.get("permalink", "").lower() != "false":
            url = fields.get("guid", "")
        if not url:
            told = fields.get("title") or fields.get("id") or "an entry without a title"
            self.found.refuse(told, "This entry of the feed has no link.", self._place)
            return
        added = next((fields[name] for name in _DATES if name in fields), None)
        self.found.put(make_item(url, fields.get("title", ""), self._tags, added, place=self._place))
