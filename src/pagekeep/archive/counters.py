# ruff: noqa: S608 (nothing that is put into these statements comes from outside)
"""What keeps `StatusCount` and ``Tag.num_snapshots`` true: triggers for every change, and a count of everything.

Only what is listed counts: snapshots that are not hidden, their results and their tags. The triggers are SQLite's;
`counters_postgres` says the same to PostgreSQL. Inside a trigger a number is changed by UPDATE alone: an ``INSERT OR
IGNORE`` that fires it would override what an upsert here does on a conflict.
"""

from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from pagekeep.archive.trigger_sql import Trigger
from pagekeep.domain.status import ResultStatus, SnapshotStatus

SNAPSHOT, RESULT = "snapshot", "result"


def _add(kind: str, row: str, sign: str) -> str:
    """Return the statement that counts the row OLD or NEW in (``+``) or out (``-``)."""
    listed = (
        f"NOT {row}.hidden"
        if kind == SNAPSHOT
        else f"EXISTS (SELECT 1 FROM archive_snapshot WHERE id = {row}.snapshot_id AND NOT hidden)"
    )
    return f"""
        UPDATE archive_statuscount
        SET number = number {sign} 1, output_size = output_size {sign} {row}.output_size
        WHERE kind = '{kind}' AND status = {row}.status AND {listed};"""


def _add_link(row: str, sign: str) -> str:
    return f"""
        UPDATE archive_tag SET num_snapshots = num_snapshots {sign} 1
        WHERE id = {row}.tag_id
            AND EXISTS (SELECT 1 FROM archive_snapshot WHERE id = {row}.snapshot_id AND NOT hidden);"""


def _add_belongings(row: str, sign: str) -> str:
    """Return the statements that count the results and tags of the snapshot OLD or NEW in (``+``) or out (``-``)."""
    return f"""
        UPDATE archive_statuscount
        SET number = number {sign} made, output_size = output_size {sign} bytes
        FROM (
            SELECT status, count(*) AS made, sum(output_size) AS bytes
            FROM archive_archiveresult WHERE snapshot_id = {row}.id GROUP BY status
        ) AS found
        WHERE kind = '{RESULT}' AND archive_statuscount.status = found.status;
        UPDATE archive_tag SET num_snapshots = num_snapshots {sign} 1
        WHERE id IN (SELECT tag_id FROM archive_snapshot_tags WHERE snapshot_id = {row}.id);"""


_SNAPSHOTS, _RESULTS, _LINKS = "archive_snapshot", "archive_archiveresult", "archive_snapshot_tags"
_CHANGED = "(OLD.status <> NEW.status OR OLD.output_size <> NEW.output_size)"

COUNTERS: dict[str, Trigger] = {
    "count_snapshot_made": Trigger("AFTER INSERT", _SNAPSHOTS, _add(SNAPSHOT, "NEW", "+")),
    "count_snapshot_changed": Trigger(
        "AFTER UPDATE OF status, output_size",
        _SNAPSHOTS,
        _add(SNAPSHOT, "OLD", "-") + _add(SNAPSHOT, "NEW", "+"),
        f"{_CHANGED} AND OLD.hidden = NEW.hidden",
    ),
    "count_snapshot_hidden": Trigger(
        "AFTER UPDATE OF hidden",
        _SNAPSHOTS,
        _add(SNAPSHOT, "OLD", "-") + _add_belongings("OLD", "-"),
        "NEW.hidden AND NOT OLD.hidden",
    ),
    "count_snapshot_shown": Trigger(
        "AFTER UPDATE OF hidden",
        _SNAPSHOTS,
        _add(SNAPSHOT, "NEW", "+") + _add_belongings("NEW", "+"),
        "OLD.hidden AND NOT NEW.hidden",
    ),
    # Whatever is left of its results and tags goes after it, and is counted out here.
    "count_snapshot_gone": Trigger(
        "BEFORE DELETE", _SNAPSHOTS, _add(SNAPSHOT, "OLD", "-") + _add_belongings("OLD", "-"), "NOT OLD.hidden"
    ),
    "count_result_made": Trigger("AFTER INSERT", _RESULTS, _add(RESULT, "NEW", "+")),
    "count_result_changed": Trigger(
        "AFTER UPDATE OF status, output_size, snapshot_id",
        _RESULTS,
        _add(RESULT, "OLD", "-") + _add(RESULT, "NEW", "+"),
        f"{_CHANGED} OR OLD.snapshot_id <> NEW.snapshot_id",
    ),
    "count_result_gone": Trigger("AFTER DELETE", _RESULTS, _add(RESULT, "OLD", "-")),
    "count_link_made": Trigger("AFTER INSERT", _LINKS, _add_link("NEW", "+")),
    "count_link_changed": Trigger(
        "AFTER UPDATE OF snapshot_id, tag_id", _LINKS, _add_link("OLD", "-") + _add_link("NEW", "+")
    ),
    "count_link_gone": Trigger("AFTER DELETE", _LINKS, _add_link("OLD", "-")),
}


_HIDDEN = "(SELECT id FROM archive_snapshot WHERE hidden)"
_STATUS_COUNTS = f"""
    SELECT '{SNAPSHOT}', status, count(*), sum(output_size) FROM archive_snapshot WHERE NOT hidden GROUP BY status
    UNION ALL
    SELECT '{RESULT}', status, count(*), sum(output_size) FROM archive_archiveresult
    WHERE snapshot_id NOT IN {_HIDDEN} GROUP BY status"""
_CORRECT_TAGS = f"""
    UPDATE archive_tag SET num_snapshots = made
    FROM (
        SELECT tag.id AS tag_id, count(link.id) AS made FROM archive_tag AS tag
        LEFT JOIN archive_snapshot_tags AS link ON link.tag_id = tag.id AND link.snapshot_id NOT IN {_HIDDEN}
        GROUP BY tag.id
    ) AS found
    WHERE archive_tag.id = tag_id AND num_snapshots <> made"""


def count_anew(using: str = "default") -> bool:
    """Count everything and correct what is wrong: a few reads of whole tables. Return whether anything was."""
    zeros = {(SNAPSHOT, status.value): (0, 0) for status in SnapshotStatus}
    zeros |= {(RESULT, status.value): (0, 0) for status in ResultStatus}
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        found = zeros | {(kind, status): tuple(counts) for kind, status, *counts in _read(cursor, _STATUS_COUNTS)}
        kept = _read(cursor, "SELECT kind, status, number, output_size FROM archive_statuscount")
        wrong = {(kind, status): tuple(counts) for kind, status, *counts in kept} != found
        if wrong:
            cursor.execute("DELETE FROM archive_statuscount")
            statement = "INSERT INTO archive_statuscount (kind, status, number, output_size) VALUES (%s, %s, %s, %s)"
            cursor.executemany(statement, [(*key, *counts) for key, counts in found.items()])
        cursor.execute(_CORRECT_TAGS)
        return bool(wrong or cursor.rowcount)


def _read(cursor: CursorWrapper, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return list(cursor.fetchall())
