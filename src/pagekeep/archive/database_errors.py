"""What the database says when it cannot do its work just now, which is nobody's mistake and may pass."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from pagekeep.domain.errors import DatabaseTrouble, DiskFull

_PASSING = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
)
"""Primary result codes (sqlite.org/rescode.html)."""


@contextmanager
def passing_errors() -> Iterator[None]:
    """Give errors that may pass by themselves a kind of their own, and leave the others as they are.

    Raises:
        DiskFull: the database's disk takes no more.
        DatabaseTrouble: another writer holds the database for long, it cannot be reached, or its disk fails.
    """
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        code = _code(error)
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull("The disk of the database is full; free some space.") from error
        if code in _PASSING or (code is None and isinstance(error, (OperationalError, InterfaceError))):
            raise DatabaseTrouble(f"The database cannot do its work now ({error}).") from error
        raise


def _code(error: Exception) -> int | None:
    """Return SQLite's code without what the extended one adds; None where SQLite did not say it."""
    code: int | None = getattr(error.__cause__, "sqlite_errorcode", None) if connection.vendor == "sqlite" else None
    return None if code is None else code & 0xFF
