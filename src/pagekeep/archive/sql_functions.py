"""What SQLite is taught: one function more, and to give up in time."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from django.db.models import BooleanField, Func, Value
from django.db.models.expressions import Combinable

from pagekeep.crawl.patterns import compile_pattern
from pagekeep.domain.errors import BadInput

_STEPS = 20_000
"""Instructions of SQLite's machine between two looks at the clock: about a millisecond."""


class _Clock(threading.local):
    end = math.inf


_clock = _Clock()


def add_functions(connection: Any, **_: Any) -> None:
    """Teach a new connection ``pagekeep_fits(pattern, text)``. Receives Django's ``connection_created``."""
    connection.connection.create_function("pagekeep_fits", 2, _fits, deterministic=True)


def _fits(pattern: str, text: str) -> bool:
    if time.monotonic() > _clock.end:  # a few rows of long URLs may take seconds
        raise TimeoutError
    return compile_pattern(pattern).found_in(text)


def fits(column: str, pattern: str) -> Combinable:
    """Return the condition that a part of the text in ``column`` fits a regular expression, in linear time.

    Raises:
        BadInput: it is none.
    """
    compile_pattern(pattern)
    return Func(Value(pattern), column, function="pagekeep_fits", output_field=BooleanField())


@contextmanager
def giving_up_after(seconds: float) -> Iterator[None]:
    """Break off whatever this thread reads from the database in this block once the time is over.

    Raises:
        BadInput: it was broken off.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    _clock.end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > _clock.end, _STEPS)
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
        raw.set_progress_handler(None, _STEPS)
        _clock.end = math.inf
