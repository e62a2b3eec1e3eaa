"""Regular expressions that people and programs give: searched for in linear time, whatever they are (RE2)."""

from functools import lru_cache

import re2

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

MAX_LENGTH = 1000
MAX_MEMORY = 2**18
"""Bytes a compiled pattern may take: then the worst one takes 0.3 s for the longest URL there can be."""


class Pattern:
    """A regular expression in RE2's syntax (no look-around, no back-references). Case does not matter."""

    def __init__(self, text: str) -> None:
        options = re2.Options()
        options.case_sensitive, options.log_errors, options.max_mem = False, False, MAX_MEMORY
        self._compiled = re2.compile(text, options)

    def found_in(self, text: str) -> bool:
        """Whether a part of the text fits."""
        return self._compiled.search(text) is not None


@lru_cache(256)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern.

    Raises:
        BadInput: it is no regular expression, one that needs unbounded time, or too large.
    """
    if len(text) > MAX_LENGTH:
        raise BadInput(f"The pattern is {len(text)} characters long; at most {MAX_LENGTH} are accepted.")
    try:
        return Pattern(text)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        told = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise BadInput(f"The pattern {shorten(text)!r} is no regular expression in RE2's syntax ({told}).") from error
    except UnicodeEncodeError as error:
        raise BadInput(f"The pattern {shorten(text)!r} holds half of a character; write it whole.") from error
