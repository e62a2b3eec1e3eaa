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


def _lines() -> list[str]:
    lines = (line.strip() for line in sys.stdin.read().splitlines())
    return [line for line in lines if line and not line.startswith("#")]
