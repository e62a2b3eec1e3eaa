"""The tags of HTML, for formats that are HTML: read once from front to back, whatever the text.

No parser of HTML would understand a list of links better than a look at its tags does, and none that builds a tree is
safe with what strangers have written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from pagekeep.crawl.inputs.item import MAX_RAW

_NAME = re.compile(r"/?[a-zA-Z][^\s/>]*")
_STOP = re.compile(r"""[>"']""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
_MARKUP = re.compile(r"<[^<>]*>")
_SPACES = " \t\r\n\f"


@dataclass(frozen=True, slots=True)
class Markup:
    """A tag of a text: ``name`` is like ``a`` or ``/a``, ``start`` and ``end`` are where it stands."""

    text: str
    name: str
    start: int
    end: int

    def attributes(self) -> dict[str, str]:
        """Return names in lower case and their values; of a name given twice the first counts (HTML, 13.2.5.33)."""
        found: dict[str, str] = {}
        after_name = self.start + 1 + len(self.name)
        for one in _ATTRIBUTE.finditer(self.text, after_name, self.end - 1):
            found.setdefault(one[1].lower(), unescape(one[2] or one[3] or one[4] or ""))
        return found


def tags(text: str) -> Iterator[Markup]:
    """Yield the tags in their order, without comments and scripts.

    Where the text breaks off inside a tag or comment, the last one has no name and reaches to the end.
    """
    place = text.find("<")
    while place >= 0:
        name = _NAME.match(text, place + 1)
        end = _end_of_other(text, place) if name is None else _end_of_tag(text, name.end())
        if end < 0:
            yield Markup(text, "", place, len(text))
            return
        if name is not None:
            word = name[0].lower()
            yield Markup(text, word, place, end)
            if word in _RAW:
                closing = _RAW[word].search(text, end)
                end = closing.start() if closing else len(text)
        place = text.find("<", end)


def _end_of_other(text: str, start: int) -> int:
    """Return where a comment or declaration ends, -1 where it does not; a ``<`` that begins nothing is text."""
    if text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        return end + 3 if end >= 0 else -1
    if text[start + 1 : start + 2] in ("!", "?", "/"):
        return text.find(">", start) + 1 or -1
    return start + 1


def _end_of_tag(text: str, place: int) -> int:
    """Return where a tag ends, -1 where it does not; what stands in quotes after ``=`` is a value."""
    while found := _STOP.search(text, place):
        if found[0] == ">":
            return found.end()
        before = found.start() - 1
        while text[before] in _SPACES:
            before -= 1
        if text[before] != "=":
            place = found.end()
            continue
        closing = text.find(found[0], found.end())
        if closing < 0:
            return -1
        place = closing + 1
    return -1


def words(tag: Markup) -> str:
    """Return the text of an element, up to where its tag closes or one of its kind opens; markup in it is left out."""
    text = tag.text
    ends = re.compile(rf"</?{re.escape(tag.name)}(?![\w-])", re.IGNORECASE)
    closing = ends.search(text, tag.end, tag.end + MAX_RAW)
    until = closing.start() if closing else text.find("<", tag.end, tag.end + MAX_RAW)
    piece = text[tag.end : until if until >= 0 else tag.end + MAX_RAW]
    return unescape(_MARKUP.sub(" ", piece)).strip()
