"""Sitemaps (https://www.sitemaps.org/protocol.html): the ``loc`` of each entry.

Of a sitemap index the sitemaps it names are taken, as the URLs they are; nothing is fetched to read a list. When a page
was last changed says nothing about when anybody wanted it, so no date is kept.
"""

from pagekeep.crawl.inputs.item import Found, make_item
from pagekeep.crawl.inputs.source import Source
from pagekeep.crawl.inputs.xml_reader import XmlReader
from pagekeep.domain.urls import MAX_URL_LENGTH

_ENTRIES = ("url", "sitemap")


def is_one(source: Source) -> bool:
    """Whether a text is a sitemap or an index of sitemaps."""
    return source.root in ("urlset", "sitemapindex")


def read(source: Source) -> Found:
    """Return the URLs of all entries. Where it is broken, those before that place, and a refusal of the rest."""
    reader = _Reader(source)
    return reader.xml.read_into(reader.found, source.text, "a sitemap", "it holds no URL")


class _Reader:
    def __init__(self, source: Source) -> None:
        self.found = Found()
        self.xml = XmlReader(self._start, self._end, self._put)
        self._source = source
        self._path: list[str] = []
        self._place = ""
        self._loc: list[str] = []
        self._length = 0

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) == 2 and name in _ENTRIES:
            self._place, self._loc, self._length = self._source.line_of(self.xml.line), [], 0

    def _end(self, name: str) -> None:
        if len(self._path) == 2 and name in _ENTRIES:
            if url := "".join(self._loc).strip():
                self.found.put(make_item(url, place=self._place))
            else:
                self.found.refuse("an entry without loc", "This entry of the sitemap has no <loc>.", self._place)
        self._path.pop()

    def _put(self, text: str) -> None:
        # Extensions for pictures and videos have a <loc> of their own, one level further down.
        if len(self._path) == 3 and self._path[2] == "loc" and self._length <= MAX_URL_LENGTH:
            self._loc.append(text)
            self._length += len(text)
