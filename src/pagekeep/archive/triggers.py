"""Triggers: what the database keeps in step by itself, whoever writes to it.

They are taken away before every migration and made anew after it: SQLite drops them with the table that a migration
rebuilds, and refuses to rebuild a table that the triggers of others name.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from pagekeep.archive.counters import COUNTERS, count_anew
from pagekeep.archive.events import EVENT_TRIGGERS

TRIGGERS: dict[str, str] = {**COUNTERS, **EVENT_TRIGGERS}
"""Name → what follows ``CREATE TRIGGER name``, as SQLite understands it."""


def install_triggers(using: str = "default", **_: Any) -> None:
    """Make the archive's triggers anew and count what they keep count of. Receives Django's ``post_migrate``."""
    if "archive_statuscount" not in connections[using].introspection.table_names():  # an older schema was asked for
        return
    with transaction.atomic(using=using):
        remove_triggers(using)
        make_triggers(using, TRIGGERS)
        count_anew(using)


def remove_triggers(using: str = "default", **_: Any) -> None:
    """Take all triggers away, those of former versions too. Receives Django's ``pre_migrate``."""
    with connections[using].cursor() as cursor:
        for name in _present(cursor):
            cursor.execute(f'DROP TRIGGER "{name}"')


def ensure_triggers(using: str = "default") -> None:
    """Install the triggers unless they are there as they should be, as after a migration that was cut off."""
    with connections[using].cursor() as cursor:
        there = _present(cursor)
    own = {name: sql for name, sql in there.items() if not name.startswith("search_")}
    if own != {name: _statement(name, body) for name, body in TRIGGERS.items()}:
        install_triggers(using)


def make_triggers(using: str, triggers: Mapping[str, str]) -> None:
    """Make triggers, in place of those that have their names."""
    with connections[using].cursor() as cursor:
        for name, body in triggers.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(_statement(name, body))


def _present(cursor: CursorWrapper) -> dict[str, str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return dict(cursor.fetchall())


def _statement(name: str, body: str) -> str:
    return f"CREATE TRIGGER {name} {body.strip()}"
