"""Feeds: RSS 0.9 to 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0, and Atom (RFC 4287).

Read with expat as a stream. A document that declares entities is refused (they can grow without bound, or name files),
and nothing it refers to is loaded.
"""

import re
from email.utils import parsedate_to_datetime
from html import unescape
from xml.parsers import expat

from pagekeep.crawl.inputs.item import Found, broken, make_item

MAX_DEPTH = 100
MAX_TEXT = 20_000
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*>")
_ENTRIES = ("item", "entry")
_DATES = ("pubDate", "published", "date", "updated", "issued")


def is_one(beginning: str) -> bool:
    """Whether a text that begins so is a feed."""
    return _ROOT.search(beginning) is not None


def read(text: str) -> Found:
    """Return the entries of a feed. Where it is broken, those before that place, and a refusal of the rest."""
    reader = _Reader()
    try:
        reader.read(text)
    except _Refused as error:
        return Found(refused=[broken(text, "a feed", str(error))])
    except expat.ExpatError as error:
        reader.found.refused.append(broken(text, "a feed", f"it is broken ({error})"))
    if not reader.found.items and not reader.found.refused:
        reader.found.refused.append(broken(text, "a feed", "it holds no entry with a link"))
    return reader.found


class _Refused(Exception):
    """The text says why."""


class _Reader:
    """Gathers the fields of one entry after the other."""

    def __init__(self) -> None:
        self.found = Found()
        self._depth = 0
        self._entry_depth = 0  # 0 outside of entries
        self._fields: dict[str, str] = {}
        self._tags: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._is_html = False  # RFC 4287, 3.1.1.2: such text is HTML, escaped once more

    def read(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._put
        parser.EntityDeclHandler = self._entity
        # What an XML declaration says of the encoding was true of the bytes; this is text.
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _entity(self, *_: object) -> None:
        raise _Refused("it declares entities of its own, which are never expanded here")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"its elements lie more than {MAX_DEPTH} deep")
        self._text, self._length, self._is_html = [], 0, attributes.get("type") == "html"
        local = name.rpartition(" ")[2]
        if not self._entry_depth:
            if local in _ENTRIES:
                self._entry_depth, self._fields, self._tags = self._depth, {}, []
        elif self._depth == self._entry_depth + 1:
            if local == "link" and "href" in attributes and attributes.get("rel", "alternate") == "alternate":
                self._fields.setdefault("link", attributes["href"])
            if local == "category" and "term" in attributes:
                self._tags.append(attributes["term"])
            if local == "guid":
                self._fields["permalink"] = attributes.get("isPermaLink", "true")

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if self._entry_depth and self._depth == self._entry_depth + 1:
            text = "".join(self._text)
            text = (unescape(_MARKUP.sub("", text)) if self._is_html else text).strip()
            if local in ("category", "subject"):
                self._tags.append(text)
            elif text:
                self._fields.setdefault(local, text)
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
        url = fields.get("link", "")
        if not url and fields.get("permalink", "").lower() != "false":
            url = fields.get("guid", "")
        if not url:
            told = fields.get("title") or fields.get("id") or "an entry without a title"
            self.found.refused.append((told[:200], "This entry of the feed has no link."))
            return
        added = next((fields[name] for name in _DATES if name in fields), None)
        self.found.items.append(make_item(url, fields.get("title", ""), self._tags, _iso(added)))


def _iso(text: str | None) -> str | None:
    """Return a date of RFC 822, as RSS has it, in the form of ISO 8601; any other text as it is."""
    if text is None or len(text) > 60 or (not text[:1].isalpha() and "-" in text[:5]):
        return text
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return text
