"""Sitemaps (https://www.sitemaps.org/protocol.html, version 0.9): files in which sites list their pages.

XML, gzipped XML, an index of further sitemaps, RSS or Atom, or text with a URL on each line. XML is read as a stream
with expat; a document that declares entities is refused, and nothing it refers to is loaded.
"""

import re
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_BYTES = 50 * 2**20
"""Of one sitemap, unpacked (the protocol's own limit)."""
MAX_URLS = 50_000
MAX_URL = 2048
MAX_DEPTH = 100
_PIECE = 2**16
_GZIP = b"\x1f\x8b"
_ROOTS = ("urlset", "sitemapindex", "rss", "RDF", "feed")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(slots=True)
class Sitemap:
    """What a sitemap lists, in its order, each once: pages, or further sitemaps.

    ``complaint`` is a sentence on what could not be read of it, empty if that is nothing.
    """

    pages: dict[str, None] = field(default_factory=dict)
    sitemaps: dict[str, None] = field(default_factory=dict)
    complaint: str = ""


def read_sitemap(data: bytes) -> Sitemap:
    """Return what a sitemap lists. Of a broken or too long one what came before that place, and the complaint.

    Args:
        data: the file as it came, gzipped or not. No more than `MAX_BYTES` of it is ever unpacked.
    """
    sitemap = Sitemap()
    data = _unpack(data, sitemap)
    if data[:_PIECE].lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00").startswith(b"<"):
        _read_xml(data, sitemap)
    else:
        _read_text(data.decode("utf-8-sig", "replace"), sitemap)
    if not (sitemap.pages or sitemap.sitemaps or sitemap.complaint):
        sitemap.complaint = "It lists no URL."
    return sitemap


class _Enough(Exception):
    """The text says why reading ends here."""


def _unpack(data: bytes, sitemap: Sitemap) -> bytes:
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, MAX_BYTES + 1)
            if not unpacker.eof and len(data) <= MAX_BYTES:
                sitemap.complaint = "Its gzip data end too early."
        except zlib.error:
            sitemap.complaint = "Its gzip data are broken."
            return b""
    if len(data) > MAX_BYTES:
        sitemap.complaint = f"It is larger than {MAX_BYTES // 2**20} MiB; what is beyond is not read."
    return data[:MAX_BYTES]


def _put(urls: dict[str, None], url: str) -> None:
    if len(urls) >= MAX_URLS and url not in urls:
        raise _Enough(f"It lists more than {MAX_URLS} URLs; those beyond are not taken.")
    if url and len(url) <= MAX_URL:
        urls[url] = None


def _read_text(text: str, sitemap: Sitemap) -> None:
    try:
        for line in text.splitlines():
            if _URL.fullmatch(line.strip()):
                _put(sitemap.pages, line.strip())
    except _Enough as error:
        sitemap.complaint = str(error)


def _read_xml(data: bytes, sitemap: Sitemap) -> None:
    cut_off = bool(sitemap.complaint)
    reader = _Reader(sitemap)
    try:
        reader.read(data, whole=not cut_off)
    except _Enough as error:
        sitemap.complaint = str(error)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter: an encoding nobody knows
        sitemap.complaint = f"It is broken XML ({error}); what comes after that place is lost."


class _Reader:
    """Gathers the address of one entry after the other.

    Sitemaps have it in ``loc``, RSS in ``link``, Atom in the ``href`` of ``link``. Those of pictures, videos and news
    lie one level further down.
    """

    def __init__(self, sitemap: Sitemap) -> None:
        self._sitemap = sitemap
        self._depth = 0
        self._root = ""
        self._entry_depth = 0  # 0 outside of entries
        self._is_sitemap = False
        self._url: list[str] | None = None
        self._length = 0

    def read(self, data: bytes, *, whole: bool) -> None:
        """Read a document, the end of which is not missed unless it is ``whole``."""
        parser = expat.ParserCreate(None, " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        for start in range(0, len(data), _PIECE):
            parser.Parse(data[start : start + _PIECE], False)
        if whole:
            parser.Parse(b"", True)

    def _entity(self, *_: object) -> None:
        raise _Enough("It declares entities of its own, which are never expanded here.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        local = name.rpartition(" ")[2]
        if self._depth > MAX_DEPTH:
            raise _Enough(f"Its elements lie more than {MAX_DEPTH} deep.")
        if self._depth == 1:
            self._root = local
            if local not in _ROOTS:
                raise _Enough("It is XML, but neither a sitemap nor a feed.")
        elif not self._entry_depth and local in ("url", "sitemap", "item", "entry"):
            self._entry_depth, self._is_sitemap = self._depth, local == "sitemap"
        elif self._entry_depth and self._depth == self._entry_depth + 1:
            if local in ("loc", "link") and "href" not in attributes:
                self._url, self._length = [], 0
            elif local == "link" and attributes.get("rel", "alternate") == "alternate" and self._root == "feed":
                self._put(attributes["href"])

    def _text(self, text: str) -> None:
        if self._url is not None and self._length <= MAX_URL:
            self._url.append(text)
            self._length += len(text)

    def _end(self, _: str) -> None:
        if self._url is not None and self._depth == self._entry_depth + 1:
            self._put("".join(self._url))
            self._url = None
        elif self._depth == self._entry_depth:
            self._entry_depth = 0
        self._depth -= 1

    def _put(self, url: str) -> None:
        _put(self._sitemap.sitemaps if self._is_sitemap else self._sitemap.pages, url.strip())
