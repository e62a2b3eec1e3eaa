# ruff: noqa: S608 (nothing that is put into these statements comes from outside)
"""What keeps lanes true: triggers for every change of a page that may let one be claimed earlier than its lane says.

A lane's moments are promises that nothing can be claimed before them. What makes that later, `queue.claim` finds out.
"""

from django.db import connections

from pagekeep.archive.trigger_sql import Trigger

_FOLLOWED = "(NEW.depth > 0)"
_QUEUE = f"""
    INSERT INTO archive_lane (host, followed, due_at)
        SELECT NEW.domain, {_FOLLOWED}, NEW.retry_at WHERE NOT EXISTS (
            SELECT 1 FROM archive_lane WHERE host = NEW.domain AND followed = {_FOLLOWED}
        );
    UPDATE archive_lane SET due_at = NEW.retry_at
        WHERE host = NEW.domain AND followed = {_FOLLOWED} AND (due_at IS NULL OR due_at > NEW.retry_at);"""


_WAKE = "UPDATE archive_lane SET wakes_at = NULL WHERE host = OLD.domain AND wakes_at IS NOT NULL;"
_SNAPSHOTS = "archive_snapshot"

LANE_TRIGGERS: dict[str, Trigger] = {
    "lane_page_made": Trigger("AFTER INSERT", _SNAPSHOTS, _QUEUE, "NEW.retry_at IS NOT NULL"),
    "lane_page_queued": Trigger(
        "AFTER UPDATE OF retry_at",
        _SNAPSHOTS,
        _QUEUE,
        "NEW.retry_at IS NOT NULL AND (OLD.retry_at IS NULL OR NEW.retry_at < OLD.retry_at)",
    ),
    # Its host is free for another, or its worker is known to be dead.
    "lane_page_left": Trigger(
        "AFTER UPDATE OF lease_owner, retry_at",
        _SNAPSHOTS,
        _WAKE,
        "OLD.lease_owner IS NOT NULL AND (NEW.lease_owner IS NULL OR NEW.retry_at < OLD.retry_at)",
    ),
    "lane_page_gone": Trigger("AFTER DELETE", _SNAPSHOTS, _WAKE, "OLD.lease_owner IS NOT NULL"),
}


def lanes_anew(using: str = "default") -> None:
    """Make the lanes of all that is queued, and have every host looked at: one read of what is queued."""
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM archive_lane")
        cursor.execute(
            "INSERT INTO archive_lane (host, followed, due_at) SELECT domain, (depth > 0), min(retry_at)"
            " FROM archive_snapshot WHERE retry_at IS NOT NULL GROUP BY domain, (depth > 0)"
        )
