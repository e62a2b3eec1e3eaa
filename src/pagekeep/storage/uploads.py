"""What clients upload: whether it may be kept, and the parts of files that come one by one."""

import errno
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from pagekeep.domain.errors import BadInput, Conflict
from pagekeep.domain.urls import shorten
from pagekeep.storage.disk import CHUNK, PRIVATE_FOLDER, disk_errors
from pagekeep.storage.file_index import Entry
from pagekeep.storage.layout import DataDir
from pagekeep.storage.names import fold


def known_uploads(
    plugin: str, uploads: Collection[Entry], kept: Mapping[str, Entry], is_there: Callable[[str], bool]
) -> list[Entry]:
    """Return those of the uploads whose bytes are kept under their name already.

    Args:
        kept: what the plugin keeps, by path.
        is_there: tells whether a path is taken on disk.

    Raises:
        BadInput: a name differs from a kept one in case only.
        Conflict: other bytes are kept under a name.
    """
    by_case = {fold(path): path for path in kept}
    known = []
    for entry in uploads:
        path, where = entry.stored.path, shorten(repr(f"{plugin}/{entry.stored.path}"))
        if by_case.get(fold(path), path) != path:
            raise BadInput(f"{where} differs from the kept {by_case[fold(path)]!r} in case only; use another name.")
        there = kept.get(path)
        if there is None and not is_there(path):
            continue
        if there is None or there.stored.sha256 != entry.stored.sha256:
            raise Conflict(f"{where} is kept already with other bytes, which stay; use another name.")
        if not there.packed:  # whose bytes would go with what it is packed of
            known.append(entry)
    return known


class Parts:
    """The bytes of one file of which parts are missing still; nothing of it is kept under its name yet."""

    def __init__(self, data_dir: DataDir, result_id: UUID, path: str) -> None:
        self._file = data_dir.uploads / str(result_id) / hashlib.sha256(path.encode()).hexdigest()

    def write(self, offset: int, data: Iterable[bytes]) -> None:
        """Write the next part, durably. What a kill left behind ``offset`` goes.

        Raises:
            Conflict: the parts before it are gone.
            EnvironmentProblem: the disk is full or not writable.
        """
        with disk_errors(self._file):
            self._file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                if os.fstat(descriptor).st_size < offset:
                    raise Conflict("The parts sent before are gone; send the file again from its first part.")
                file.truncate(offset)
                file.seek(offset)
                for piece in data:
                    file.write(piece)
                file.flush()
                os.fsync(descriptor)

    def holds(self, offset: int, data: Iterable[bytes]) -> bool:
        """Tell whether these bytes are there from byte ``offset``."""
        try:
            with self._file.open("rb") as file:
                file.seek(offset)
                return all(file.read(len(piece)) == piece for piece in data)
        except FileNotFoundError:
            return False

    def read(self, size: int) -> Iterator[bytes]:
        """Yield the first ``size`` bytes.

        Raises:
            Conflict: they are gone.
        """
        try:
            with self._file.open("rb") as file:
                while size and (piece := file.read(min(CHUNK, size))):
                    size -= len(piece)
                    yield piece
        except FileNotFoundError:
            pass  # answered below, as a file that is too short
        if size:
            raise Conflict("The parts sent before are gone; send the file again from its first part.")

    def remove(self) -> None:
        """Forget all parts, and the folder of the result if no other file of it is on the way."""
        self._file.unlink(missing_ok=True)
        remove_if_empty(self._file.parent)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless something is in it; gone already is fine."""
    with suppress(FileNotFoundError):
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
