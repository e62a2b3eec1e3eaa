"""Statements written out, for what is asked with every page: Django's own cost several times as much to make."""

from typing import Any

from django.db import connection
from django.db.models import Model

from pagekeep.archive.models import Snapshot


def do(statement: str, values: list[Any]) -> int:
    """Run a statement; return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def one(statement: str, values: list[Any]) -> tuple[Any, ...] | None:
    """Return the first row that a statement finds, None if it finds none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def every(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return the rows that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def column_value(field: str, value: object, model: type[Model] = Snapshot) -> Any:
    """Return a value as the database has it in that column."""
    return model._meta.get_field(field).get_db_prep_save(value, connection)  # type: ignore[union-attr]
