# ruff: noqa: S608 (nothing that is put into these statements comes from outside)
"""What a worker asks about every page it captures, some of it for every file: one statement each, written out."""

from uuid import UUID

from pagekeep.archive.models import ArchiveResult, Crawl, Host, Snapshot, SnapshotTag, Tag
from pagekeep.archive.statements import column_value, every, one

_PAGES, _RESULTS, _CRAWLS, _HOSTS = (model._meta.db_table for model in (Snapshot, ArchiveResult, Crawl, Host))
_TAGGED, _TAGS = (model._meta.db_table for model in (SnapshotTag, Tag))


def is_held(owner: UUID, snapshot_id: UUID) -> bool:
    """Whether the worker holds the snapshot."""
    return _is_any(
        f"{_PAGES} WHERE id = %s AND lease_owner = %s AND status = 'started'",
        column_value("id", snapshot_id),
        column_value("lease_owner", owner),
    )


def goes_further(snapshot_id: UUID) -> bool:
    """Whether the links of the snapshot's page are followed."""
    return _is_any(
        f"{_PAGES} JOIN {_CRAWLS} ON {_CRAWLS}.id = crawl_id WHERE {_PAGES}.id = %s AND depth < max_depth",
        column_value("id", snapshot_id),
    )


def is_captured_elsewhere(url: str, snapshot_id: UUID) -> bool:
    """Whether another snapshot of that URL has succeeded."""
    return _is_any(
        f"{_PAGES} WHERE url = %s AND id <> %s AND status = 'succeeded'", url, column_value("id", snapshot_id)
    )


def is_uploaded_to(snapshot_id: UUID) -> bool:
    """Whether a client has ever uploaded to the snapshot."""
    return _is_any(f"{_RESULTS} WHERE snapshot_id = %s AND uploads IS NOT NULL", column_value("id", snapshot_id))


def is_going_on(crawl_id: UUID) -> bool:
    """Whether a snapshot of the crawl waits or runs."""
    return _is_any(
        f"{_PAGES} WHERE crawl_id = %s AND status IN ('queued', 'started', 'paused')", column_value("crawl", crawl_id)
    )


def is_slowed_down(host: str) -> bool:
    """Whether the host has answered 429 or 503 and not recovered since."""
    return _is_any(f"{_HOSTS} WHERE name = %s AND delay IS NOT NULL", host)


def tag_names(snapshot_id: UUID) -> tuple[str, ...]:
    """Return the names of the snapshot's tags, in their order."""
    rows = every(
        f"SELECT name FROM {_TAGS} JOIN {_TAGGED} ON {_TAGS}.id = tag_id WHERE snapshot_id = %s ORDER BY key",
        [column_value("id", snapshot_id)],
    )
    return tuple(name for (name,) in rows)


def _is_any(of: str, *values: object) -> bool:
    return one(f"SELECT 1 FROM {of} LIMIT 1", list(values)) is not None
