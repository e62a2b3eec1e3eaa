"""How long to wait for a database that is locked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def patient_for(seconds: float) -> Iterator[None]:
    """Have every statement of this thread give up waiting for locks after so long, for the block.

    Raises:
        DatabaseError: there is no connection, or a statement of the block was given up.
    """
    connection.ensure_connection()
    sqlite = connection.vendor == "sqlite"
    usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000) if sqlite else 0
    _wait_at_most(
        seconds, f"PRAGMA busy_timeout = {seconds * 1000:.0f}", f"SET statement_timeout = {seconds * 1000:.0f}"
    )
    try:
        yield
    finally:
        if connection.is_usable():
            _wait_at_most(None, f"PRAGMA busy_timeout = {usual}", "RESET statement_timeout")


def _wait_at_most(seconds: float | None, on_sqlite: str, elsewhere: str) -> None:
    if connection.vendor == "sqlite":
        connection.patience = seconds  # type: ignore[attr-defined]  # `project.sqlite`'s
    with connection.cursor() as cursor:
        cursor.execute(on_sqlite if connection.vendor == "sqlite" else elsewhere)
