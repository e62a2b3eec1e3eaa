"""Change what is recorded of a snapshot, or what is to happen with it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Snapshot
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.seal_crawl import open_crawl
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.tagging import clean_names, ensure_tags, replace_tags

ACTIONS = ("pause", "resume", "retry")
SETTABLE = (SnapshotStatus.QUEUED, SnapshotStatus.PAUSED, SnapshotStatus.SEALED)


def change_snapshot(
    snapshot_id: UUID,
    *,
    user: User | None,
    action: str | None = None,
    status: str | None = None,
    retry_at: datetime | None = None,
    tags: Iterable[str] | None = None,
    title: str | None = None,
) -> None:
    """Change a snapshot, all or nothing. None changes nothing.

    Args:
        action: ``pause`` (one that waits), ``resume`` (a paused one) or ``retry`` (see `retry_snapshot`).
        status: ``sealed`` cancels open work, ``paused`` pauses, ``queued`` resumes or retries.
        retry_at: when a worker may take it, if it is queued after the change.
        tags: all it shall have.
        title: counts as edited by a person: no capture replaces it. Empty takes that back.

    Raises:
        BadInput: action, status or a tag is bad.
        NotFound: there is no such snapshot.
        Conflict: its present state does not allow it.
    """
    if action and action not in ACTIONS:
        raise BadInput(f"action={action!r} is not known; allowed are {', '.join(ACTIONS)}.")
    if status and status not in SETTABLE:
        raise BadInput(f"status={status!r} cannot be set; allowed are {', '.join(SETTABLE)}.")
    names = None if tags is None else clean_names(tags)
    with transaction.atomic():
        snapshot = Snapshot.objects.filter(pk=snapshot_id).first()
        if snapshot is None:
            raise NotFound(f"There is no snapshot {snapshot_id} in this archive.")
        if title is not None:
            changes = {"title": title, "title_edited": bool(title), "modified_at": timezone.now()}
            Snapshot.objects.filter(pk=snapshot_id).update(**changes)
        if names is not None:
            replace_tags(snapshot_id, ensure_tags(names, user))
            Snapshot.objects.filter(pk=snapshot_id).update(modified_at=timezone.now())
        if status == SnapshotStatus.SEALED:
            seal_snapshots([snapshot_id])
        elif status == SnapshotStatus.PAUSED or action == "pause":
            _pause(snapshot)
        elif action == "resume" or (status == SnapshotStatus.QUEUED and snapshot.status == SnapshotStatus.PAUSED):
            _resume(snapshot, retry_at)
        elif action == "retry" or (status == SnapshotStatus.QUEUED and snapshot.status != SnapshotStatus.QUEUED):
            retry_snapshot(snapshot_id, due=retry_at)
        elif retry_at is not None:
            _postpone(snapshot, retry_at)


def _pause(snapshot: Snapshot) -> None:
    if snapshot.status == SnapshotStatus.PAUSED:  # from now on by a person, if it was with its crawl before
        Snapshot.objects.filter(pk=snapshot.pk).update(paused_by_crawl=False)
        return
    if not _from(snapshot, SnapshotStatus.QUEUED, SnapshotStatus.PAUSED, None):
        raise Conflict(f"{snapshot.url} is {snapshot.status}; only a queued snapshot can be paused.")


def _resume(snapshot: Snapshot, due: datetime | None) -> None:
    if snapshot.status in (SnapshotStatus.QUEUED, SnapshotStatus.STARTED):
        return
    if not _from(snapshot, SnapshotStatus.PAUSED, SnapshotStatus.QUEUED, due or timezone.now()):
        raise Conflict(f"{snapshot.url} is {snapshot.status}; only a paused snapshot can be resumed.")
    open_crawl(snapshot.crawl_id, CrawlStatus.QUEUED)


def _postpone(snapshot: Snapshot, due: datetime) -> None:
    if not _from(snapshot, SnapshotStatus.QUEUED, SnapshotStatus.QUEUED, due):
        raise Conflict(f"{snapshot.url} is {snapshot.status}; retry_at holds for queued snapshots only.")


def _from(snapshot: Snapshot, before: SnapshotStatus, after: SnapshotStatus, due: datetime | None) -> bool:
    rows = Snapshot.objects.filter(pk=snapshot.pk, status=before)
    return bool(rows.update(status=after, retry_at=due, paused_by_crawl=False, modified_at=timezone.now()))
