"""Byte ranges of HTTP (RFC 9110 section 14)."""

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE | re.ASCII)
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Span:
    """``length`` bytes from byte ``start``."""

    start: int
    length: int


class NotSatisfiable(Exception):
    """The range asked for begins after the end of the file, or asks for its last zero bytes."""


def parse_range(header: str, size: int) -> Span | None:
    """Return the part of a file of ``size`` bytes that a ``Range`` header asks for; None means all of it.

    A header that is no single, well-formed range of bytes is ignored, as section 14.2 allows.

    Raises:
        NotSatisfiable: answer 416.
    """
    match = _SINGLE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "" or max(map(len, match.groups())) > _DIGITS:
        return None
    if not match[1]:  # the last so many bytes
        length = min(int(match[2]), size)
        if not length:
            raise NotSatisfiable
        return Span(size - length, length)
    start, end = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and end < start:
        return None
    if start >= size:
        raise NotSatisfiable
    return Span(start, min(end, size - 1) - start + 1)
