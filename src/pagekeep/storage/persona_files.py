"""What a persona has of sites, on disk: ``personas/<id>/cookies.txt`` and ``auth.json``, for this user's eyes only."""

import os
import secrets
import shutil
from pathlib import Path
from uuid import UUID

from pagekeep.storage.disk import disk_errors, make_folders, open_file, open_folder, unlink
from pagekeep.storage.layout import DataDir

COOKIES, AUTH = "cookies.txt", "auth.json"
SECRET_FILE = 0o600


class PersonaFiles:
    """The files of one persona. Each is written whole or not at all; one that is empty is not there."""

    def __init__(self, home: DataDir, persona_id: UUID) -> None:
        self._home, self._folder = home, home.personas / str(persona_id)

    def read(self, name: str) -> bytes:
        """Return what is in :data:`COOKIES` or :data:`AUTH`; empty where there is none.

        Raises:
            EnvironmentProblem: it cannot be read.
        """
        try:
            with disk_errors(self._folder), open_folder(self._folder) as folder, open_file(folder, name) as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def write(self, name: str, data: bytes) -> None:
        """Put ``data`` in the place of a file, durable when this returns; nothing removes it.

        Raises:
            EnvironmentProblem: the disk does not take it.
        """
        with disk_errors(self._folder):
            make_folders(self._folder)
            with open_folder(self._folder) as folder:
                if data:
                    _replace(folder, name, data)
                else:
                    unlink(folder, name)
                os.fsync(folder)

    def remove(self) -> None:
        """Delete all of it; a second call does nothing.

        Raises:
            EnvironmentProblem: the disk does not let it go.
        """
        with disk_errors(self._folder):
            if self._folder.exists():
                shutil.rmtree(self._folder)

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._folder


def _replace(folder: int, name: str, data: bytes) -> None:
    work = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(work, flags, SECRET_FILE, dir_fd=folder), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(work, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        unlink(folder, work)
        raise
