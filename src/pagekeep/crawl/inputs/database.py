"""Databases (SQLite) of links: the history of Firefox (with its bookmarks), Chromium and Safari, Shiori's bookmarks.

They come from strangers as files do, and the browser they belong to may be running. So a copy is opened, read-only, as
what it holds may have been made to do harm: nothing of its own code is run (views, virtual tables and computed columns
are refused), and its answer has to come within a time.
"""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import IO

from pagekeep.crawl.inputs.database_kinds import KINDS
from pagekeep.crawl.inputs.item import MAX_ITEMS, Found
from pagekeep.domain.errors import BadInput, TooLarge

SIGN = b"SQLite format 3\0"
TIME_LIMIT = 60.0
"""Seconds that reading may take."""
_STEPS = 100_000  # of SQLite's machine, between two looks at the clock
_LONGEST_VALUE = 100_000_000  # Shiori keeps whole pages beside its URLs


def read(file: IO[bytes], start: bytes, *, scratch: Path, limit: int, log: Path | None = None) -> Found:
    """Return what a database knows of pages of the web, the oldest first.

    Args:
        file: the database, from behind ``start`` on.
        scratch: a folder for its copy, which is gone afterwards.
        limit: how many bytes it may have.
        log: its write-ahead log, which holds what a running browser has written last.

    Raises:
        BadInput: it is broken, none of those we know, or made to do harm.
        TooLarge: it has more than ``limit`` bytes.
    """
    with tempfile.TemporaryDirectory(dir=scratch, prefix="list-") as folder:
        copy = Path(folder) / "copy.sqlite"
        with copy.open("wb") as target:
            target.write(start)
            copy_at_most(file, target, limit - len(start))
        has_log = log is not None and log.is_file() and log.stat().st_size > 0
        if log is not None and has_log:
            with log.open("rb") as source, Path(f"{copy}-wal").open("wb") as target:
                copy_at_most(source, target, limit)
        try:
            return _read_copy(copy, is_fixed=not has_log)
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of names of columns
            told = str(error)
            why = "it took too long" if told == "interrupted" else f"SQLite says: {told}"
            raise BadInput(
                f"The database cannot be read ({why}); if its browser is running, end it and try again."
            ) from error


def copy_at_most(source: IO[bytes], target: IO[bytes], limit: int) -> None:
    """Copy a file in pieces.

    Raises:
        TooLarge: it has more than ``limit`` bytes.
    """
    while piece := source.read(min(2**20, limit + 1)):
        limit -= len(piece)
        if limit < 0:
            raise TooLarge("The file is larger than PAGEKEEP_MAX_UPLOAD_SIZE allows; raise the setting.")
        target.write(piece)


def _read_copy(copy: Path, *, is_fixed: bool) -> Found:
    # `immutable` needs no log and writes none; with a log the copy, not the original, is what SQLite puts in order.
    address = f"{copy.absolute().as_uri()}?{'mode=ro&immutable=1' if is_fixed else 'mode=rw'}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        ends = time.monotonic() + TIME_LIMIT
        connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
        return _read_tables(connection)


def _read_tables(connection: sqlite3.Connection) -> Found:
    tables = {
        str(name)
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if isinstance(sql, str) and sql[:13].upper() == "CREATE TABLE "
    }
    kind = next((kind for kind in KINDS if set(kind.tables) <= tables), None)
    if kind is None:
        known = ", ".join(kind.name for kind in KINDS)
        raise BadInput(f"The database is none of those whose links can be read ({known}).")
    for table in kind.tables:
        if any(hidden for *_, hidden in connection.execute(f"PRAGMA table_xinfo({table})")):
            raise BadInput(f"The database is not {kind.name}: the columns of its table {table} are computed.")
    found = Found()
    for item in kind.read(connection, MAX_ITEMS + 1):
        found.put(item)
    if not found.items:
        raise BadInput(f"The database ({kind.name}) holds no page of the web.")
    return found.finish()
