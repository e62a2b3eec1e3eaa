"""A text whose format is to be found out: what several formats look at is worked out once."""

import re
from functools import cached_property
from typing import Any

from orjson import JSONDecodeError, loads

SIGN_WITHIN = 4000
"""Characters within which a format must show itself."""
# What may stand before the first element (XML 1.0, 2.8): each piece ends, so the time is linear.
_PROLOG = re.compile(r"\s+|<\?[^>]*>|<!--")
_DOCTYPE = re.compile(r"<!doctype[^>\[]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?:[\w.-]+:)?([a-zA-Z][\w.-]*)(?=[\s/>])")


class Source:
    """A text, with line ends ``\\n`` and without a byte order mark or white space around it."""

    def __init__(self, text: str) -> None:
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.text = text.strip().removeprefix("\ufeff").strip()
        self._skipped = text[: text.find(self.text[:1])].count("\n") if self.text else 0

    @cached_property
    def beginning(self) -> str:
        return self.text[:SIGN_WITHIN]

    @cached_property
    def root(self) -> str:
        """The name of the first element of XML or HTML, in lower case and without its prefix; empty for other text."""
        place, text = 0, self.text
        while found := (_PROLOG.match(text, place) or _DOCTYPE.match(text, place)):
            place = found.end()
            if found[0] == "<!--":
                place = text.find("-->", place) + 3
                if place < 3:
                    return ""
        element = _ELEMENT.match(text, place)
        return element[1].lower() if element else ""

    @cached_property
    def json(self) -> Any:
        """The value of a text that is one JSON document; of any other `Unread`."""
        if not self.text.startswith(("{", "[")):
            return Unread("it begins with neither { nor [")
        try:
            return loads(self.text)
        except (JSONDecodeError, UnicodeEncodeError) as error:
            return Unread(str(error))

    def lines(self) -> list[str]:
        return self.text.split("\n")

    def line_of(self, line: int) -> str:
        """Return the words for a line, counted from 1, as the file shows it."""
        return f"Line {line + self._skipped}"


class Unread(str):
    """Why a text is no JSON."""


class LineCounter:
    """Tells the lines of places that come one after the other."""

    def __init__(self, source: Source) -> None:
        self._source, self._place, self._line = source, 0, 1

    def at(self, place: int) -> str:
        self._line += self._source.text.count("\n", self._place, place)
        self._place = max(place, self._place)
        return self._source.line_of(self._line)
