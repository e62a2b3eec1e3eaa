"""Which blob holds the file known by a key: hints at ``shared/ab/cdef…``, by the SHA-256 of the key.

A hint keeps no blob alive and may be lost or lead nowhere: whoever uses one checks it. It is a symbolic link that leads
to no file: its target is the digest of the blob, so that it is made at once and whole, and takes no block of the disk.
"""

import base64
import binascii
import os
from contextlib import suppress
from pathlib import Path

from pagekeep.storage.disk import PRIVATE_FOLDER
from pagekeep.storage.file_index import SHA256


class Hints:
    """The hints of one data directory. A name is the lower-case hex SHA-256 of a key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """Return the digest of the blob that a name leads to, or None."""
        try:
            digest = base64.urlsafe_b64decode(os.readlink(self._path(name)) + "=").hex()
        except (OSError, ValueError, binascii.Error):
            return None
        return digest if SHA256.fullmatch(digest) else None

    def write(self, work: Path, name: str, sha256: str) -> None:
        """Let a name lead to a blob, by way of the folder ``work``; not durable, for nothing depends on it."""
        hint = self._path(name)
        hint.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        # In base64 it is shorter than 60 bytes, which ext4 keeps in the inode.
        os.symlink(base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("="), work / "hint")
        os.rename(work / "hint", hint)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        if not SHA256.fullmatch(name):
            raise ValueError(f"{name!r} is no lower-case hex SHA-256")
        return self._folder / name[:2] / name[2:]
