"""What the database is taught: one function more (SQLite), and to give up in time."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from django.db.models import BooleanField, Func, Value
from django.db.models.expressions import Combinable

from pagekeep.archive.database import sqlite_only
from pagekeep.crawl.patterns import compile_pattern
from pagekeep.domain.errors import BadInput

_STEPS = 20_000
"""Instructions of SQLite's machine between two looks at the clock: about a millisecond."""


class _Clock(threading.local):
    end = math.inf


_clock = _Clock()


def add_functions(connection: Any, **_: Any) -> None:
    """Teach a new connection ``pagekeep_fits(pattern, text)``. Receives Django's ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("pagekeep_fits", 2, _fits, deterministic=True)


def _fits(pattern: str, text: str) -> bool:
    if time.monotonic() > _clock.end:  # a few rows of long URLs may take seconds
        raise TimeoutError
    return compile_pattern(pattern).found_in(text)


def fits(column: str, pattern: str) -> Combinable:
    """Return the condition that a part of the text in ``column`` fits a regular expression, in linear time.

    Raises:
        BadInput: it is none, or the database is PostgreSQL, whose own regular expressions may take any time.
    """
    compile_pattern(pattern)
    sqlite_only("A search by regular expression", "search by substring, domain or tag")
    return Func(Value(pattern), column, function="pagekeep_fits", output_field=BooleanField())


@contextmanager
def giving_up_after(seconds: float) -> Iterator[None]:
    """Break off whatever this thread reads from the database in this block once the time is over.

    Raises:
        BadInput: it was broken off.
    """
    connection.ensure_connection()
    _clock.end = time.monotonic() + seconds
    _interrupt_after(seconds)
    try:
        yield
    except OperationalError as error:
        if time.monotonic() < _clock.end:
            raise
        raise BadInput(
            f"Looking through the archive took longer than {math.ceil(seconds)} seconds; narrow it with after, before,"
            " tag, status or crawl_id."
        ) from error
    finally:
        _clock.end = math.inf
        _interrupt_after(0)


def _interrupt_after(seconds: float) -> None:
    """Have the database break off statements of this connection then; 0 for never."""
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        raw.set_progress_handler((lambda: time.monotonic() > _clock.end) if seconds else None, _STEPS)
    elif not connection.needs_rollback:  # else it is forgotten with the transaction
        with connection.cursor() as cursor:
            within = connection.in_atomic_block
            cursor.execute("SELECT set_config('statement_timeout', %s, %s)", [str(math.ceil(seconds * 1000)), within])
