"""Queue again what the archive lacks of the snapshots that fit some filters."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from pagekeep.archive.command_filters import CommandFilters
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.find_matching import find_ids
from pagekeep.services.retry_snapshot import is_error_page, missing_of, retry_snapshot

MOST = 10_000
"""Snapshots one call looks at."""
BATCH = 100


@dataclass(slots=True)
class Updated:
    """What an update came to.

    Attributes:
        matched: the snapshots looked at, in order.
        queued: those of them that are captured again.
        passed_over: why not, and how many: a sentence's end, e.g. ``are complete``.
        left: more fit than were looked at.
        resume: the timestamp to go on from with another call, if they are looked at newest first.
    """

    matched: list[UUID] = field(default_factory=list)
    queued: list[UUID] = field(default_factory=list)
    passed_over: dict[str, int] = field(default_factory=dict)
    left: bool = False
    resume: str | None = None


def update_snapshots(
    filters: CommandFilters, *, seconds: float = 60.0, batch: int = BATCH, queue: bool = True
) -> Updated:
    """Queue every snapshot that fits and lacks outputs: those that failed or were not reached are made again.

    Those in work, complete, or whose kept answer is an error page are passed over; so are those of a paused crawl, and
    cancelled ones, unless ``status`` asks for them.

    Args:
        seconds: stop after about this time.
        batch: snapshots looked at at a time.
        queue: False only looks.

    Raises:
        BadInput: a filter is bad.
    """
    end = time.monotonic() + seconds
    most = min(filters.limit or MOST, MOST)
    # One more than is looked at tells where to go on.
    ids = find_ids(replace(filters, limit=None), most + 1)
    after = ids[most:] if filters.limit is None or filters.limit > MOST else []
    ids, updated = ids[:most], Updated()
    for start in range(0, len(ids), batch):
        if time.monotonic() > end:
            after = ids[start:]
            break
        _update(ids[start : start + batch], filters.status, updated, queue=queue)
    updated.left = bool(after)
    if after and not filters.sort:
        updated.resume = Snapshot.objects.filter(pk=after[0]).values_list("timestamp", flat=True).first()
    return updated


def update_named(ids: Sequence[UUID], *, status: str | None = None, queue: bool = True) -> Updated:
    """Queue those of these snapshots that lack outputs, as `update_snapshots` does.

    Args:
        ids: some hundred at most.
        status: ``sealed`` takes cancelled ones too.
        queue: False only looks.
    """
    updated = Updated()
    _update(ids, status, updated, queue=queue)
    return updated


def _update(ids: Sequence[UUID], status: str | None, updated: Updated, *, queue: bool) -> None:
    snapshots = Snapshot.objects.select_related("crawl").defer("crawl__urls").in_bulk(ids)
    results: dict[UUID, list[tuple[str, str, object]]] = {}
    made = ArchiveResult.objects.filter(snapshot__in=snapshots, hook_name="")
    for snapshot_id, plugin, state, uploads in made.values_list("snapshot_id", "plugin", "status", "uploads"):
        results.setdefault(snapshot_id, []).append((plugin, state, uploads))
    for snapshot_id in ids:
        snapshot = snapshots.get(snapshot_id)
        if snapshot is None:  # removed in this moment
            continue
        updated.matched.append(snapshot_id)
        why = _why_not(snapshot, status, results.get(snapshot_id, ()))
        if not why and queue:
            why = _retry(snapshot_id)
        if why:
            updated.passed_over[why] = updated.passed_over.get(why, 0) + 1
        elif queue:
            updated.queued.append(snapshot_id)


def _why_not(snapshot: Snapshot, status: str | None, results: Collection[tuple[str, str, object]]) -> str:
    if snapshot.status in (SnapshotStatus.QUEUED, SnapshotStatus.STARTED):
        return "are queued or being captured already"
    if snapshot.status == SnapshotStatus.SEALED and status != SnapshotStatus.SEALED:
        return "were cancelled"
    if snapshot.crawl.paused_at:  # by somebody, not by only being recorded
        return "belong to a paused crawl"
    if is_error_page(snapshot):
        return "were answered with an error page, which is kept"
    try:
        return "" if missing_of(snapshot, results) else "are complete"
    except BadInput:
        return "belong to a crawl whose config no longer fits the settings"


def _retry(snapshot_id: UUID) -> str:
    try:
        retry_snapshot(snapshot_id)
    except (Conflict, NotFound):
        return "were taken or removed by someone else in this moment"
    return ""
