"""What people type, as FTS5 reads it: nothing in it is an operator, whatever it looks like."""

import re
from collections.abc import Iterable

# Scripts without spaces between words: each character is a word of its own, and a word of several is a phrase of them.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
SEAM = "\u200b"
"""Parts characters of such scripts in the index; it is not seen."""

_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
MOST_PIECES = 32
# How many trigrams are asked for: of long texts some are left out, and what they find is looked at.
_ENOUGH = 10
_LONG = 64


def parted(text: str) -> str:
    """Return text with a seam around each character that is a word of its own."""
    return _UNSPACED.sub(f"{SEAM}\\1{SEAM}", text)


def joined(text: str) -> str:
    """Return text as it was before `parted`."""
    return text.replace(SEAM, "")


def folded(text: str) -> str:
    """Return text as it is compared: case does not matter."""
    return text.casefold()


def indexed(text: str) -> str:
    """Return text as `tables.DOCUMENT` has it. Its case stays: FTS5 folds what is asked as it did what it holds."""
    return text.replace("ß", "ss").replace("ẞ", "ss")


def quoted(text: str) -> str:
    """Return text as one FTS5 string."""
    return '"{}"'.format(text.replace('"', '""'))


def word_query(text: str, column: str = "") -> str:
    """Return the FTS5 query for all words of a text; those within ``"…"`` must follow each other. Empty for no words.

    Args:
        column: where to look; empty for everywhere.
    """
    pieces = [phrase or word for phrase, word in _PIECE.findall(text)]
    wanted = [quoted(parted(piece)) for piece in pieces if any(character.isalnum() for character in piece)]
    query = " AND ".join(wanted[:MOST_PIECES])
    return f"{column} : ({query})" if query and column else query


def trigrams(text: str) -> list[str]:
    """Return some of the text's trigrams, taken evenly from all of it."""
    last = len(text) - 3
    starts = sorted({round(number * last / (_ENOUGH - 1)) for number in range(_ENOUGH)})
    return [text[start : start + 3] for start in starts]


def all_of(texts: Iterable[str]) -> str:
    """Return the FTS5 query for rows that hold all of the texts."""
    return " AND ".join(quoted(text) for text in texts)


def phrase_query(text: str) -> str:
    """Return the FTS5 query for rows that hold a text; of a very long one, its beginning and its end."""
    if len(text) <= 2 * _LONG:
        return quoted(text)
    return f"{quoted(text[:_LONG])} AND {quoted(text[-_LONG:])}"


def any_of(texts: list[str]) -> str:
    """Return the FTS5 query for rows that hold one of the texts."""
    return " OR ".join(quoted(text) for text in texts)
