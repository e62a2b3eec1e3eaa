"""Snapshots' folders kept a second time, in another data directory: for backups, and for coming back from them.

What is there already is not copied again. Bytes are hashed while they are copied. A kill at any instant leaves files
that are whole; what is missing is copied the next time.
"""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pagekeep.storage import file_index
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.disk import CHUNK, PRIVATE_FOLDER, disk_errors, make_folders
from pagekeep.storage.layout import DataDir

_NO_LINK = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV, errno.EMLINK)


@dataclass(slots=True)
class Copied:
    """What was written, and the files (by path) that were not what their snapshot's index says."""

    files: int = 0
    size: int = 0
    damaged: tuple[str, ...] = ()


class Mirror:
    """Copies from one data directory to another. One process at a time may write to the second."""

    def __init__(self, source: DataDir, target: DataDir) -> None:
        self._source, self._target = source, target
        self._blobs = BlobStore(target)
        for folder in (target.root, target.blobs, target.snapshots, target.temp):
            make_folders(folder)

    def copy(self, snapshot_id: UUID) -> Copied:
        """Make the folder of a snapshot like the source's. One that is gone from the source stays as it is.

        Raises:
            EnvironmentProblem: a disk is full or cannot be read or written.
        """
        source, target = self._source.snapshot_folder(snapshot_id), self._target.snapshot_folder(snapshot_id)
        done = Copied()
        with disk_errors(self._target.root):
            if not source.is_dir():
                return done
            make_folders(target)
            digests = _digests(source)
            there = set()
            for path, status in _files(source):
                there.add(path)
                with suppress(FileNotFoundError):  # removed while it was looked at
                    self._copy(source / path, target / path, status, digests.get(path.as_posix(), ()), done)
            for path, _ in list(_files(target)):
                if path not in there and source.is_dir():
                    (target / path).unlink()
        return done

    def forget(self, snapshot_id: UUID) -> None:
        """Remove a snapshot's folder from the second directory; `sweep` frees its blobs."""
        with disk_errors(self._target.root), suppress(FileNotFoundError):
            shutil.rmtree(self._target.snapshot_folder(snapshot_id))

    def sweep(self) -> None:
        """Free the blobs of the second directory that nobody refers to any more."""
        with disk_errors(self._target.root):
            self._blobs.release(list(self._blobs.digests()))

    def _copy(self, source: Path, target: Path, status: os.stat_result, digests: tuple[str, ...], done: Copied) -> None:
        if _same(target, status):
            return
        target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for digest in digests:
            blob = self._blobs.path(digest)
            if blob.exists() and blob.stat().st_size == status.st_size:
                self._link(blob, target, status)
                done.files += 1
                return
        part = self._target.temp / "part"
        part.unlink(missing_ok=True)
        digest = _write(source, part, status.st_mode & 0o777)
        done.files += 1
        done.size += status.st_size
        if digests and digest not in digests:
            done.damaged = (*done.damaged, str(source))
        elif digests:
            blob = self._blobs.path(digest)
            blob.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            _try_link(part, blob)
        os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
        part.replace(target)

    def _link(self, blob: Path, target: Path, status: os.stat_result) -> None:
        part = self._target.temp / "part"
        part.unlink(missing_ok=True)
        if not _try_link(blob, part):
            shutil.copyfile(blob, part)
            os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
        part.replace(target)


def _try_link(file: Path, name: Path) -> bool:
    """Give a file another name; return False where it cannot have one, or the name is taken."""
    try:
        os.link(file, name)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return False
    return True


def _same(target: Path, status: os.stat_result) -> bool:
    """Whether a file is there already. Kept files never change, and notes change size or time."""
    try:
        there = target.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (there.st_size, there.st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def _digests(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return what the files of a snapshot may hold, by path, the latest first."""
    found: dict[str, tuple[str, ...]] = {}
    for plugin, entry in file_index.read_all(folder):
        path, sha256 = f"{plugin}/{entry.stored.path}", entry.stored.sha256
        if not entry.packed and file_index.SHA256.fullmatch(sha256):
            found[path] = (sha256, *found.get(path, ()))
    return found


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the plain files below a folder with their state, by relative path; no link is followed."""
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            with suppress(FileNotFoundError):
                status = Path(parent, name).stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield Path(parent, name).relative_to(folder), status


def _write(source: Path, target: Path, mode: int) -> str:
    """Copy a file and return its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("xb") as written:
        while chunk := read.read(CHUNK):
            written.write(chunk)
            digest.update(chunk)
        os.fchmod(written.fileno(), mode)
    return digest.hexdigest()
