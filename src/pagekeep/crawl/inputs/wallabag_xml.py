"""Wallabag's XML: ``<result><entry><url>…</url><title>…</title><tags><entry>name</entry></tags>…</entry></result>``
(https://doc.wallabag.org/user/articles/export/)."""

from pagekeep.crawl.inputs.item import MAX_TAGS, Found, make_item
from pagekeep.crawl.inputs.source import Source
from pagekeep.crawl.inputs.xml_reader import XmlReader

MAX_TEXT = 20_000  # longer than a URL may be
_ENTRY = 2  # how deep an entry lies
_FIELDS = ("url", "title", "created_at")
_LABELS = ("entry", "tag", "label")


def is_one(source: Source) -> bool:
    """Whether a text is a result of entries."""
    return source.root == "result" and "<entry" in source.beginning


def read(source: Source) -> Found:
    """Return all entries. Where it is broken, those before that place, and a refusal of the rest."""
    reader = _Reader(source)
    return reader.xml.read_into(reader.found, source.text, "Wallabag's XML", "it holds no entry")


class _Reader:
    def __init__(self, source: Source) -> None:
        self.found = Found()
        self.xml = XmlReader(self._start, self._end, self._put)
        self._source = source
        self._path: list[str] = []
        self._place = ""
        self._fields: dict[str, str] = {}
        self._tags: list[str] = []
        self._text = ""

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name)
        self._text = ""
        if len(self._path) == _ENTRY:
            self._place, self._fields, self._tags = self._source.line_of(self.xml.line), {}, []

    def _put(self, text: str) -> None:
        if len(self._text) < MAX_TEXT and (self._path[_ENTRY:] in ([field] for field in _FIELDS) or self._in_tag()):
            self._text += text

    def _end(self, name: str) -> None:
        if len(self._path) == _ENTRY and name == "entry":
            self._end_entry()
        elif self._in_tag() and len(self._tags) < MAX_TAGS:
            self._tags.append(self._text)
        elif self._text.strip():
            self._fields.setdefault(name, self._text.strip())
        self._path.pop()
        self._text = ""

    def _in_tag(self) -> bool:
        return len(self._path) > _ENTRY + 1 and self._path[_ENTRY] == "tags" and self._path[-1] in _LABELS

    def _end_entry(self) -> None:
        title, url = self._fields.get("title", ""), self._fields.get("url", "")
        if url:
            self.found.put(make_item(url, title, self._tags, self._fields.get("created_at"), place=self._place))
        else:
            self.found.refuse(title or "an entry without a title", "This entry has no url.", self._place)
