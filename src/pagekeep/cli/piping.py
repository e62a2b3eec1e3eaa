"""Between two commands: the JSON lines that one prints are what another takes from standard input."""

import os
import select
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence

import orjson

from pagekeep.cli.printing import err
from pagekeep.crawl.inputs.json_list import TOLD_ONLY
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

STDIN = "-"
SNAPSHOTS = {"snapshot": "id"}
"""Of which types of records a command about snapshots takes which field."""
CRAWLS = {"crawl": "id", "snapshot": "crawl_id"}
_MOST_TOLD = 5
PATIENCE = 20.0
"""Seconds after which we say that we wait: a pipe that nobody writes into looks like a command that hangs."""


def named(arguments: Sequence[str], takes: Mapping[str, str]) -> list[str] | None:
    """Return what the arguments and standard input name, each once, in order; None if nothing was given at all.

    ``-`` stands for standard input, which is also read if there are no arguments and a pipe or a file is there. A line
    is a JSON object with ``type`` and ``id``, whose other fields do not matter, or a reference as it would be typed.
    Empty lines, and those that begin with ``#``, are passed over.

    Args:
        takes: by type of record, the field that names what the command is about.

    Raises:
        BadInput: lines are bad; the sentences say which by their number.
    """
    if not arguments and not stdin_is_given():
        return None
    found: dict[str, None] = {}
    for argument in arguments or (STDIN,):
        found |= dict.fromkeys(_read(takes) if argument == STDIN else [argument])
    return list(found)


def required(arguments: Sequence[str], takes: Mapping[str, str]) -> list[str]:
    """Return what `named` does.

    Raises:
        BadInput: nothing was given at all, or lines are bad.
    """
    given = named(arguments, takes)
    if given is None:
        word = next(iter(takes))
        raise BadInput(
            f"No {word} was named; give ids as --help says, or pipe in what another command says with --json."
        )
    return given


def stdin_is_given() -> bool:
    """Whether standard input is a pipe or a file: not a terminal, and not /dev/null as services have it."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):  # closed, or none of the system's
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _read(takes: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    bad: list[str] = []
    passed_over = 0
    for number, line in _lines():
        if not line.startswith(b"{"):
            found.append(line.decode("utf-8", "replace"))
            continue
        try:
            name = _reference(line, takes)
        except BadInput as error:
            bad.append(f"Line {number} of standard input {error}")
            continue
        if name:
            found.append(name)
        else:
            passed_over += 1
    if bad:
        more = [f"{len(bad) - _MOST_TOLD} more lines are bad."] if len(bad) > _MOST_TOLD else []
        raise BadInput(*bad[:_MOST_TOLD], *more, "Nothing was changed.")
    if passed_over:
        err.print(f"Passed over {passed_over} lines of standard input that only tell what was refused or known.")
    return found


def _lines() -> Iterator[tuple[int, bytes]]:
    if not select.select([sys.stdin.buffer], [], [], PATIENCE)[0]:
        err.print("Waiting for standard input, which names what this command is about; Ctrl-C stops.")
    for number, line in enumerate(sys.stdin.buffer, 1):
        text = line.strip()
        if text and not text.startswith(b"#"):
            yield number, text


def _reference(line: bytes, takes: Mapping[str, str]) -> str:
    """Return what a JSON object names, empty if it only tells something.

    Raises:
        BadInput: it can name nothing the command is about; the text follows "Line 3 of standard input".
    """
    wanted = " or ".join(takes)
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"is no JSON object ({error}); each line must be one {wanted}.") from error
    kind = record.get("type")
    if not isinstance(kind, str):
        raise BadInput(f'has no "type"; each line must be one {wanted}, as --json prints them.')
    if kind in TOLD_ONLY:
        return ""
    if kind not in takes:
        raise BadInput(f"is a {shorten(kind, 40)}; this command takes {wanted}.")
    name = record.get(takes[kind])
    if not isinstance(name, str) or not name.strip():
        raise BadInput(f'is a {kind} without "{takes[kind]}".')
    return name.strip()
