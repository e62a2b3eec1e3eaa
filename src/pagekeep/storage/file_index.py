"""What is known about the files of one folder: a line of JSON for each, in the order they were made.

A line is written before its file appears and names its digest, so whoever finds a half-done folder can finish it.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pagekeep.domain.results import StoredFile
from pagekeep.storage.disk import open_file
from pagekeep.storage.names import INDEX_NAME

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: what is stored, the CRC-32 a ZIP needs, and whether it is a recipe instead of bytes."""

    stored: StoredFile
    crc32: int
    packed: bool = False


def append(folder: int, entry: Entry) -> None:
    """Add a line to the index of the open ``folder``, durably."""
    stored = entry.stored
    line = {
        "path": stored.path,
        "size": stored.size,
        "sha256": stored.sha256,
        "mimetype": stored.mimetype,
        "crc32": entry.crc32,
        "packed": entry.packed,
    }
    # The line break comes first as well, so that a line cut short by a kill spoils no later one.
    text = f"\n{json.dumps(line)}\n"
    descriptor = os.open(INDEX_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb", buffering=0) as index:
        is_new = os.fstat(index.fileno()).st_size == 0
        index.write(text.encode())
        os.fsync(index.fileno())
    if is_new:
        os.fsync(folder)


def read(folder: int) -> list[Entry]:
    """Return the entries of the open ``folder``, oldest first; a line cut short by a kill is left out."""
    try:
        index = open_file(folder, INDEX_NAME)
    except FileNotFoundError:
        return []
    with index:
        return [entry for line in index.read().splitlines() if (entry := _parse(line))]


def note_digests(folder: Path, digests: list[str]) -> None:
    """Write into a work folder which blobs to look at once its work is over, done or not."""
    with (folder / INDEX_NAME).open("a", encoding="ascii") as index:
        index.writelines(f"{json.dumps({'sha256': digest})}\n" for digest in digests)


def digests_below(folder: Path) -> set[str]:
    """Return every digest named by an index in ``folder`` or below it."""
    found: set[str] = set()
    for parent, _, names in os.walk(folder):
        index = Path(parent, INDEX_NAME)
        if INDEX_NAME not in names or index.is_symlink():
            continue
        for line in index.read_bytes().splitlines():
            digest = _load(line).get("sha256")
            if isinstance(digest, str) and SHA256.fullmatch(digest):
                found.add(digest)
    return found


def _parse(line: bytes) -> Entry | None:
    known = _load(line)
    try:
        stored = StoredFile(
            path=str(known["path"]),
            size=int(str(known["size"])),
            sha256=str(known["sha256"]),
            mimetype=str(known["mimetype"]),
        )
        return Entry(stored, int(str(known["crc32"])), bool(known["packed"]))
    except (KeyError, ValueError):
        return None


def _load(line: bytes) -> dict[str, object]:
    try:
        known = json.loads(line)
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
