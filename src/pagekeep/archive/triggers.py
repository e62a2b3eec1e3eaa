"""Triggers: what the database keeps in step by itself, whoever writes to it.

They are taken away before every migration and made anew after it: SQLite drops them with the table that a migration
rebuilds, and refuses to rebuild a table that the triggers of others name.

On PostgreSQL, where several may write at the same time, further ones have every statement that writes take its turn.
"""

from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from pagekeep.archive.counters import COUNTERS, count_anew
from pagekeep.archive.counters_postgres import POSTGRES_COUNTERS
from pagekeep.archive.events import EVENT_TRIGGERS
from pagekeep.archive.lanes import LANE_TRIGGERS, lanes_anew
from pagekeep.archive.trigger_sql import OWN, Trigger, make_on_postgres, take_turn_on

_ON_BOTH: dict[str, Trigger] = {**EVENT_TRIGGERS, **LANE_TRIGGERS}


def install_triggers(using: str = "default", **_: Any) -> None:
    """Make the archive's triggers anew and bring up to date what they keep. Receives Django's ``post_migrate``."""
    if "archive_lane" not in connections[using].introspection.table_names():  # an older schema was asked for
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        remove_triggers(using)
        for name, text in _wanted(using).items():
            for statement in [text] if _on_sqlite(using) else make_on_postgres(name, text):
                cursor.execute(statement)
        count_anew(using)
        lanes_anew(using)


def remove_triggers(using: str = "default", **_: Any) -> None:
    """Take all triggers away, those of former versions too. Receives Django's ``pre_migrate``."""
    with connections[using].cursor() as cursor:
        for name in _present(using, cursor):
            cursor.execute(f'DROP TRIGGER "{name}"' if _on_sqlite(using) else f'DROP FUNCTION "{OWN}{name}" CASCADE')


def ensure_triggers(using: str = "default") -> None:
    """Install the triggers unless they are there as they should be, as after a migration that was cut off."""
    with connections[using].cursor() as cursor:
        there = _present(using, cursor)
    if {name: text for name, text in there.items() if not name.startswith("search_")} != _wanted(using):
        install_triggers(using)


def _on_sqlite(using: str) -> bool:
    return connections[using].vendor == "sqlite"


def _wanted(using: str) -> dict[str, str]:
    """Return by name what says all about a trigger: on SQLite its statement, on PostgreSQL its function's body."""
    if _on_sqlite(using):
        return {name: trigger.on_sqlite(name) for name, trigger in {**COUNTERS, **_ON_BOTH}.items()}
    tables = [model._meta.db_table for model in apps.get_app_config("archive").get_models()]
    turns = {f"turn_{table}": take_turn_on(table) for table in tables}
    return turns | POSTGRES_COUNTERS | {name: trigger.on_postgres() for name, trigger in _ON_BOTH.items()}


def _present(using: str, cursor: CursorWrapper) -> dict[str, str]:
    if _on_sqlite(using):
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    else:
        cursor.execute(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            " AND p.proname = %s || t.tgname",
            [OWN],
        )
    return dict(cursor.fetchall())
