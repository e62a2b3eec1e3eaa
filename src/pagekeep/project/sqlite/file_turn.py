"""Processes taking turns: SQLite has those that wait for its lock look again every 100 ms, in no order."""

import fcntl
import os
from contextlib import suppress
from threading import Event, Lock, Thread


class FileTurn:
    """One process at a time has the turn: it holds a lock (flock(2)) on a file, and whoever waits is woken by its end.

    Only one thread of a process may ask for it at a time (see `Turns`). Where there can be no such file nobody waits
    here, and SQLite's own lock decides.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._held: int | None = None

    def take(self, seconds: float) -> bool:
        """Wait for the turn; return False if it has not come within this time."""
        if not os.path.isabs(self._path):  # a database in memory, which no other process has
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not _Waiter(file).wait(seconds):
                return False
        except OSError:  # the file system knows no such locks
            os.close(file)
            return True
        self._held = file
        return True

    def pass_on(self) -> None:
        """Give the turn to whoever is woken first."""
        held, self._held = self._held, None
        if held is not None:
            _let_go(held)


class _Waiter:
    """Waits for the lock in a thread of its own, for flock(2) knows no limit of time; that thread may stay behind."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._guard, self._come = Lock(), Event()
        self._given_up = False
        Thread(target=self._lock, daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Return whether the lock has come; if not, it is let go of as soon as it does."""
        if self._come.wait(seconds):
            return True
        with self._guard:
            self._given_up = not self._come.is_set()
        return not self._given_up

    def _lock(self) -> None:
        with suppress(OSError):  # then SQLite's own lock decides
            fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._guard:
            if not self._given_up:
                self._come.set()
                return
        _let_go(self._file)


def _let_go(file: int) -> None:
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_UN)  # not by closing alone: a process forked meanwhile has the file open as well
    os.close(file)
