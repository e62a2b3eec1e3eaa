"""Triggers: what the database keeps in step by itself, whoever writes to it.

They are made anew after every migration, because SQLite drops them with the table that a migration rebuilds.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections

from pagekeep.archive.events import EVENT_TRIGGERS

# How many listed snapshots a tag has: counting them for a page of tags would read millions of links.
_TAG_COUNTS = {
    "tag_put_on": """
        AFTER INSERT ON archive_snapshot_tags
        WHEN NOT (SELECT hidden FROM archive_snapshot WHERE id = NEW.snapshot_id)
        BEGIN UPDATE archive_tag SET num_snapshots = num_snapshots + 1 WHERE id = NEW.tag_id; END
    """,
    "tag_taken_off": """
        AFTER DELETE ON archive_snapshot_tags
        WHEN NOT (SELECT hidden FROM archive_snapshot WHERE id = OLD.snapshot_id)
        BEGIN UPDATE archive_tag SET num_snapshots = num_snapshots - 1 WHERE id = OLD.tag_id; END
    """,
    "tagged_snapshot_hidden": """
        AFTER UPDATE OF hidden ON archive_snapshot WHEN OLD.hidden <> NEW.hidden
        BEGIN
            UPDATE archive_tag SET num_snapshots = num_snapshots + OLD.hidden - NEW.hidden
            WHERE id IN (SELECT tag_id FROM archive_snapshot_tags WHERE snapshot_id = NEW.id);
        END
    """,
}

TRIGGERS: dict[str, str] = {**_TAG_COUNTS, **EVENT_TRIGGERS}
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
