"""Touching the disk: errors as sentences, files written whole, folders entered without following links."""

import errno
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pagekeep.domain.errors import DiskFull, EnvironmentProblem

CHUNK = 256 * 1024
PRIVATE_FOLDER = 0o700
KEPT_FILE = 0o444

_NOT_OURS = (
    "{where} may not be read or written by this user;"
    " give it to the user Pagekeep runs as (chown -R), or choose another data directory."
)
_SENTENCES = {
    errno.ENOSPC: "The disk that holds {where} is full; free some space or move the data directory to a larger disk.",
    errno.EDQUOT: "The disk quota for {where} is used up; raise the quota or free some space.",
    errno.EFBIG: "A file for {where} is larger than the file system or the user's limit (ulimit -f) allows; raise it.",
    errno.EROFS: "{where} is on a read-only file system; mount it writable or choose another data directory.",
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EIO: "The disk that holds {where} reports a read or write error; check the disk and restore from a backup.",
    errno.ENOLCK: "The file system of {where} has no file locks; choose a data directory on a local disk.",
}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file just written: where it is, its size in bytes, its lower-case hex SHA-256 and its CRC-32."""

    file: Path
    size: int
    sha256: str
    crc32: int


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn what the operating system says about the disk under ``where`` into an EnvironmentProblem with its fix.

    Raises:
        DiskFull: it is full, or the quota used up.
        EnvironmentProblem: it cannot be used.
    """
    try:
        yield
    except OSError as error:
        sentence = _SENTENCES.get(error.errno or 0)
        if sentence is None:
            raise
        kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else EnvironmentProblem
        raise kind(sentence.format(where=where)) from error


def write_new(file: Path, data: bytes | Iterable[bytes]) -> WrittenFile:
    """Write a new read-only file, durable when this returns, and return its size and checksums."""
    size, crc, digest = 0, 0, hashlib.sha256()
    with file.open("xb") as out:
        for chunk in (data,) if isinstance(data, bytes) else data:
            out.write(chunk)
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
        out.flush()
        os.fchmod(out.fileno(), KEPT_FILE)
        os.fsync(out.fileno())
    return WrittenFile(file, size, digest.hexdigest(), crc)


def checksum(file: Path) -> WrittenFile:
    """Read a file and return its size and checksums."""
    size, crc, digest = 0, 0, hashlib.sha256()
    with file.open("rb", buffering=0) as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
    return WrittenFile(file, size, digest.hexdigest(), crc)


def replace_file(work: Path, data: bytes | Iterable[bytes], folder: int, name: str) -> None:
    """Put ``data`` under ``name`` in the open ``folder``, atomically and durably, by way of the folder ``work``."""
    written = write_new(work / "replacement", data)
    os.rename(written.file, name, dst_dir_fd=folder)
    os.fsync(folder)


def make_folders(folder: Path) -> None:
    """Make a folder and the missing ones above it, private to the owner, each durable in its parent."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    with open_folder(folder.parent, follow=True) as parent:
        os.fsync(parent)


@contextmanager
def open_folder(base: Path, parts: Sequence[str] = (), *, create: bool = False, follow: bool = False) -> Iterator[int]:
    """Enter ``base`` and then each of ``parts``, never through a symbolic link, and yield the open folder.

    Args:
        create: make missing folders below ``base`` (private to the owner, durable).
        follow: ``base`` itself may be a symbolic link.

    Raises:
        FileNotFoundError: a folder is missing.
        NotADirectoryError: a part is a file or a symbolic link.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY
    folder = os.open(base, flags if follow else flags | os.O_NOFOLLOW)
    try:
        for part in parts:
            if create:
                _make_folder(folder, part)
            inner = os.open(part, flags | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def open_file(folder: int, name: str) -> BinaryIO:
    """Open a file of the open ``folder`` for reading; a symbolic link counts as missing.

    Raises:
        FileNotFoundError: there is no such file.
    """
    try:
        return os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb", buffering=0)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENAMETOOLONG):
            raise FileNotFoundError(errno.ENOENT, "no plain file", name) from error
        raise


def has(folder: int, name: str) -> bool:
    """Tell whether the open ``folder`` has anything of that name; a link counts, whatever it leads to."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            return False
        raise
    return True


def unlink(folder: int, name: str) -> None:
    """Take a name out of the open ``folder``, if it is there."""
    if has(folder, name):
        os.unlink(name, dir_fd=folder)


def read_range(base: Path, parts: Sequence[str], start: int, length: int) -> Iterator[bytes]:
    """Yield ``length`` bytes from byte ``start`` of the file at ``parts`` below ``base``; no link is followed.

    Raises:
        EnvironmentProblem: the file is gone or ends too early: what was recorded is not what is on disk.
    """
    where = base.joinpath(*parts)
    damaged = f"{where} is not what was recorded: it is missing or too short; restore it from a backup."
    try:
        with open_folder(base, parts[:-1]) as folder:
            source = open_file(folder, parts[-1])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EnvironmentProblem(damaged) from error
    with source:
        source.seek(start)
        while length > 0:
            chunk = source.read(min(length, CHUNK))
            if not chunk:
                raise EnvironmentProblem(damaged)
            length -= len(chunk)
            yield chunk


def _make_folder(parent: int, name: str) -> None:
    try:
        os.mkdir(name, PRIVATE_FOLDER, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)
