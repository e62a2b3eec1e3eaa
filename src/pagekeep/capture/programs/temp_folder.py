"""Temporary folders that do not outlive their owner for long, however it ended."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path


class TempFolder:
    """A temporary folder, locked for as long as its owner lives."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        """Make a folder below ``parent`` (by default the system's own place for such).

        Those of the same ``prefix`` that dead processes left there are removed first.
        """
        place = parent or Path(tempfile.gettempdir())
        for left in place.glob(f"{prefix}*"):
            _remove_if_left(left)
        self.path, self._lock = _new_locked(prefix, place)

    def remove(self) -> None:
        """Delete the folder; a second call does nothing."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _new_locked(prefix: str, parent: Path) -> tuple[Path, int]:
    """Return a new folder and the descriptor that locks it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        # Before it was locked, another process may have taken it for one left behind.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)


def _remove_if_left(folder: Path) -> None:
    """Delete a folder nobody holds any more: its owner was killed."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # gone meanwhile, or another user's
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(lock)
