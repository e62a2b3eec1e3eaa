"""Triggers: what the database keeps in step by itself, whoever writes to it.

They are made anew after every migration, because SQLite drops them with the table that a migration rebuilds.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections

TRIGGERS: dict[str, str] = {}
"""Name → what follows ``CREATE TRIGGER name``, as SQLite understands it."""


def install_triggers(using: str = "default", **_: Any) -> None:
    """Make the archive's triggers anew. Receives Django's ``post_migrate``."""
    make_triggers(using, TRIGGERS)


def make_triggers(using: str, triggers: Mapping[str, str]) -> None:
    """Make triggers, in place of those that have their names."""
    with connections[using].cursor() as cursor:
        for name, body in triggers.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {body}")
