"""XML as a stream (expat), for formats that are XML.

A document that declares entities is refused (they can grow without bound, or name files), and nothing it refers to is
loaded. Those of HTML, like ``&nbsp;``, are read as such: many programs write them although XML has none.
"""

from collections.abc import Callable
from html.entities import html5
from xml.parsers import expat

from pagekeep.crawl.inputs.item import Found

MAX_DEPTH = 100


class BrokenXml(Exception):
    """The text says why, as part of a sentence."""


class XmlReader:
    """Calls back for each element, its attributes with it, and for text; names come without their prefix.

    ``line`` is where the reader is, counted from 1.
    """

    def __init__(
        self,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        put: Callable[[str], None] | None = None,
    ) -> None:
        self._start, self._end, self._depth = start, end, 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._enter
        self._parser.EndElementHandler = self._leave
        self._parser.EntityDeclHandler = self._entity
        self._parser.UseForeignDTD(True)  # which is never read; without one an entity of HTML would end the reading
        if put is not None:
            self._parser.CharacterDataHandler = put
            self._parser.SkippedEntityHandler = lambda name, _: put(html5.get(f"{name};", f"&{name};"))

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def read(self, text: str) -> None:
        """Read a document.

        Raises:
            BrokenXml: it is not well-formed, too deep, or declares entities.
        """
        try:
            # What an XML declaration says of the encoding was true of the bytes; this is text.
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            raise BrokenXml(f"it is broken ({error})") from error

    def read_into(self, found: Found, text: str, kind: str, nothing: str) -> Found:
        """Read a document whose handlers fill ``found``, and return that; if it is broken, with a refusal of the rest.

        Args:
            kind: what it is, like ``a feed``.
            nothing: why it is refused where nothing is in it, like ``it holds no entry``.
        """
        try:
            self.read(text)
        except BrokenXml as error:
            found.cut(text, kind, str(error))
        if not found.items and not found.refused:
            found.cut(text, kind, nothing)
        return found

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BrokenXml(f"its elements lie more than {MAX_DEPTH} deep")
        self._start(name.rpartition(" ")[2], attributes)

    def _leave(self, name: str) -> None:
        if self._end is not None:
            self._end(name.rpartition(" ")[2])
        self._depth -= 1

    def _entity(self, *_: object) -> None:
        raise BrokenXml("it declares entities of its own, which are never expanded here")
