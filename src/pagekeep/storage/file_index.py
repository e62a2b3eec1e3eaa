"""What is known about the files of one snapshot: a line of JSON for each, in the order they were made.

A line is written before its file appears and names its digest, so whoever finds a half-done folder can finish it. All
plugins share one index: on disk a file of their own takes a block for each.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pagekeep.domain.results import StoredFile
from pagekeep.storage.disk import open_file
from pagekeep.storage.names import INDEX_NAME

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: what is stored, its CRC-32 for a ZIP, whether it is a recipe instead of bytes, and its hint's name.

    ``uploaded`` marks what a client sent: no capture replaces it.
    """

    stored: StoredFile
    crc32: int
    packed: bool = False
    hint: str | None = None
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """What the indexes of a folder name: digests of blobs, and hints that may lead to them."""

    digests: set[str]
    hints: set[str]


def append(folder: int, plugin: str, entries: Sequence[Entry]) -> None:
    """Add a line for each of a plugin's entries to the index of the open snapshot's ``folder``, durably."""
    # The line break comes first as well, so that a line cut short by a kill spoils no later one.
    text = "".join(f"\n{json.dumps(_line(plugin, entry))}\n" for entry in entries)
    descriptor = os.open(INDEX_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb", buffering=0) as index:
        is_new = os.fstat(index.fileno()).st_size == 0
        index.write(text.encode())
        os.fsync(index.fileno())
    if is_new:
        os.fsync(folder)


def read(folder: int, plugin: str) -> list[Entry]:
    """Return a plugin's entries in the open snapshot's ``folder``, oldest first, without lines cut short by a kill."""
    try:
        index = open_file(folder, INDEX_NAME)
    except FileNotFoundError:
        return []
    with index:
        known = map(_load, index.read().splitlines())
        return [entry for line in known if line.get("plugin") == plugin and (entry := _parse(line))]


def read_all(folder: Path) -> list[tuple[str, Entry]]:
    """Return every entry of the index in ``folder`` with its plugin, oldest first."""
    try:
        text = (folder / INDEX_NAME).read_bytes()
    except FileNotFoundError:
        return []
    known = map(_load, text.splitlines())
    return [(str(line.get("plugin")), entry) for line in known if (entry := _parse(line))]


def note(folder: Path, digests: Iterable[str], hints: Iterable[str] = ()) -> None:
    """Write into a work folder which blobs and hints to look at once its work is over, done or not."""
    lines = [*({"sha256": digest} for digest in digests), *({"hint": hint} for hint in hints)]
    with (folder / INDEX_NAME).open("a", encoding="ascii") as index:
        index.writelines(f"{json.dumps(line)}\n" for line in lines)


def named_below(folder: Path) -> Named:
    """Return what every index in ``folder`` or below it names."""
    found = Named(set(), set())
    for parent, _, names in os.walk(folder):
        index = Path(parent, INDEX_NAME)
        if INDEX_NAME not in names or index.is_symlink():
            continue
        for line in index.read_bytes().splitlines():
            known = _load(line)
            for name, names_found in (("sha256", found.digests), ("hint", found.hints)):
                value = known.get(name)
                if isinstance(value, str) and SHA256.fullmatch(value):
                    names_found.add(value)
    return found


def _line(plugin: str, entry: Entry) -> dict[str, object]:
    stored = entry.stored
    line = {
        "plugin": plugin,
        "path": stored.path,
        "size": stored.size,
        "sha256": stored.sha256,
        "mimetype": stored.mimetype,
        "crc32": entry.crc32,
        "packed": entry.packed,
    }
    return line | ({"hint": entry.hint} if entry.hint else {}) | ({"uploaded": True} if entry.uploaded else {})


def _parse(known: dict[str, object]) -> Entry | None:
    try:
        stored = StoredFile(
            path=str(known["path"]),
            size=int(str(known["size"])),
            sha256=str(known["sha256"]),
            mimetype=str(known["mimetype"]),
        )
        hint = known.get("hint")
        return Entry(
            stored,
            int(str(known["crc32"])),
            bool(known["packed"]),
            str(hint) if hint else None,
            bool(known.get("uploaded")),
        )
    except (KeyError, ValueError):
        return None


def _load(line: bytes) -> dict[str, object]:
    try:
        known = json.loads(line)
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
