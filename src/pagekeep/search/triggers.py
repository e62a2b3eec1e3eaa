"""Triggers: the index follows the records whoever changes them, and forgets what is removed or hidden.

They name no way out of conflicts: that of the statement that fires them would take its place.

On PostgreSQL there is no index, and there are none.

A migration that changes URLs, titles, timestamps or tags runs without them and must rebuild the index.
"""

from typing import Any

from django.db import connections, transaction

from pagekeep.search.tables import DOCUMENT, NUMBER, has_files, is_read

_new, _old = NUMBER.format(row="NEW"), NUMBER.format(row="OLD")
_is_in = "NOT EXISTS (SELECT 1 FROM search_refill r WHERE {} < r.number)"
_put = f"""
    INSERT INTO search_meta(rowid, document)
    SELECT {_new}, {DOCUMENT.format(row="NEW")} WHERE NOT NEW.hidden AND {_is_in.format(_new)};
"""
_take_out = f"""
    INSERT INTO search_meta(search_meta, rowid, document)
    SELECT 'delete', {_old}, {DOCUMENT.format(row="OLD")} WHERE NOT OLD.hidden AND {_is_in.format(_old)};
"""
_untag = f"""
    DELETE FROM search_tagged WHERE number = {_old}
    AND tag_id IN (SELECT tag_id FROM archive_snapshot_tags WHERE snapshot_id = OLD.id);
"""
_tag = f"""
    INSERT INTO search_tagged SELECT tag_id, {_new} FROM archive_snapshot_tags
    WHERE snapshot_id = NEW.id AND NOT NEW.hidden;
"""
_forget = f"""
    DELETE FROM search_contents WHERE rowid = {_old};
    DELETE FROM search_unread WHERE snapshot_id = OLD.id;
"""
_unread = """
    INSERT INTO search_unread(snapshot_id, changes) SELECT {0}, 0
    WHERE {1} AND NOT EXISTS (SELECT 1 FROM search_unread WHERE snapshot_id = {0});
    UPDATE search_unread SET changes = changes + 1 WHERE snapshot_id = {0};
"""
_read_again = _unread.format("NEW.id", f"NOT NEW.hidden AND {has_files('NEW')}")
_read_output = _unread.format("NEW.snapshot_id", "TRUE")
_number_of = f"(SELECT {NUMBER.format(row='s')} FROM archive_snapshot s WHERE s.id = {{}}.snapshot_id AND NOT s.hidden)"

TRIGGERS = {
    "search_added": f"AFTER INSERT ON archive_snapshot BEGIN {_put} END",
    "search_removed": f"BEFORE DELETE ON archive_snapshot BEGIN {_take_out} {_untag} {_forget} END",
    "search_changed": f"""
        AFTER UPDATE OF url, title ON archive_snapshot
        WHEN (OLD.url, OLD.title) <> (NEW.url, NEW.title)
            AND OLD.timestamp = NEW.timestamp AND OLD.hidden = NEW.hidden
        BEGIN {_take_out} {_put} END
    """,
    "search_moved": f"""
        AFTER UPDATE OF timestamp, hidden ON archive_snapshot
        WHEN OLD.timestamp <> NEW.timestamp OR OLD.hidden <> NEW.hidden
        BEGIN {_take_out} {_untag} {_forget} {_put} {_tag} {_read_again} END
    """,
    "search_tag_put_on": f"""
        AFTER INSERT ON archive_snapshot_tags
        BEGIN
            INSERT INTO search_tagged SELECT NEW.tag_id, its.number
            FROM (SELECT {_number_of.format("NEW")} AS number) its WHERE its.number IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM search_tagged t WHERE t.tag_id = NEW.tag_id AND t.number = its.number);
        END
    """,
    "search_tag_taken_off": f"""
        BEFORE DELETE ON archive_snapshot_tags
        BEGIN DELETE FROM search_tagged WHERE tag_id = OLD.tag_id AND number = {_number_of.format("OLD")}; END
    """,
    "search_output_made": f"""
        AFTER INSERT ON archive_archiveresult WHEN {is_read("NEW")}
        BEGIN {_read_output} END
    """,
    "search_output_changed": f"""
        AFTER UPDATE OF output_files ON archive_archiveresult
        WHEN {is_read("NEW")} AND OLD.output_files <> NEW.output_files
        BEGIN {_read_output} END
    """,
}
"""Name → what follows ``CREATE TRIGGER name``."""


def drop_triggers(using: str = "default", **_: Any) -> None:
    """Take the triggers away. Receives Django's ``pre_migrate``: SQLite renames no table that a trigger misses."""
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def make_triggers(using: str = "default", **_: Any) -> None:
    """Make the triggers anew. Receives Django's ``post_migrate``."""
    if connections[using].vendor != "sqlite":
        return
    if "search_unread" not in connections[using].introspection.table_names():  # an older schema was asked for
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        drop_triggers(using)
        for name, body in TRIGGERS.items():
            cursor.execute(_statement(name, body))


def ensure_triggers(using: str = "default") -> None:
    """Make the triggers unless they are there as they should be, as after a migration that was cut off."""
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search%'")
        there = dict(cursor.fetchall())
    if there != {name: _statement(name, body) for name, body in TRIGGERS.items()}:
        make_triggers(using)


def _statement(name: str, body: str) -> str:
    return f"CREATE TRIGGER {name} {body.strip()}"
