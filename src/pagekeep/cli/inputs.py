"""URLs and references from arguments and from standard input."""

import sys
from collections.abc import Sequence

STDIN = "-"


def gather(arguments: Sequence[str]) -> list[str]:
    """Return the arguments; ``-`` stands for the lines of standard input, which is also read if it is piped and there
    are no arguments. Empty lines and lines that begin with ``#`` are passed over."""
    if arguments:
        gathered: list[str] = []
        for argument in arguments:
            gathered += _lines() if argument == STDIN else [argument]
        return gathered
    return [] if sys.stdin.isatty() else _lines()


def gather_texts(arguments: Sequence[str]) -> list[str]:
    """Return the arguments; ``-`` stands for the whole text of standard input, which is also read if it is piped and
    there are no arguments. Bytes that are no UTF-8 are replaced; a text of nothing but comments (``#``) is none."""
    if not arguments:
        arguments = () if sys.stdin.isatty() else (STDIN,)
    texts = [_text() if argument == STDIN else argument for argument in arguments]
    return [text for text in texts if any(_lines_of(text))]


def _text() -> str:
    binary = getattr(sys.stdin, "buffer", None)
    return binary.read().decode("utf-8", "replace") if binary else sys.stdin.read()


def _lines() -> list[str]:
    return _lines_of(sys.stdin.read())


def _lines_of(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
