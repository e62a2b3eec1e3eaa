"""Leases: which worker holds which snapshot. The only writer of leases.

A claimed snapshot carries its worker's id (``lease_owner``) and the end of the lease (``retry_at``). A worker that dies
stops renewing; whoever claims next takes the snapshot over, and what the dead worker still writes is fenced off.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from pagekeep.archive.models import Snapshot
from pagekeep.domain.errors import Conflict
from pagekeep.domain.status import SnapshotStatus

POLL = 0.3
"""Seconds between two looks of a worker at an empty queue."""


class LeaseLost(Conflict):
    """The snapshot was removed, sealed or taken over: its former worker may write nothing more."""


def claim(owner: UUID, lease_seconds: float) -> Snapshot | None:
    """Take the snapshot that has been due longest, in one statement, and count the attempt.

    Due are queued snapshots whose ``retry_at`` has come, and started ones whose lease has ended; no others have one.

    Args:
        owner: the worker's id.
        lease_seconds: how long it is held unless `heartbeat` renews it.

    Returns:
        The snapshot, or None if nothing is due.
    """
    table, now = connection.ops.quote_name(Snapshot._meta.db_table), timezone.now()
    skip_locked = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    statement = f"""
        UPDATE {table}
        SET status = 'started', lease_owner = %s, retry_at = %s, modified_at = %s, claimed_at = %s,
            attempts = attempts + 1
        WHERE id = (
            SELECT id FROM {table} WHERE retry_at <= %s
            ORDER BY retry_at, id LIMIT 1 {skip_locked}
        ) RETURNING id
    """  # noqa: S608 (the only thing put in is the table's name)
    times = [column_value("retry_at", moment) for moment in (now + timedelta(seconds=lease_seconds), now, now, now)]
    with transaction.atomic(), connection.cursor() as cursor:  # alone: what is due is read when it is our turn
        cursor.execute(statement, [column_value("lease_owner", owner), *times])
        rows = cursor.fetchall()
    if not rows:
        return None
    return Snapshot.objects.filter(pk=rows[0][0], lease_owner=owner).first()


def heartbeat(owner: UUID, snapshot_ids: Collection[UUID], lease_seconds: float) -> list[UUID]:
    """Renew the leases of a worker and return the ids it still holds; the others are lost.

    Args:
        lease_seconds: the new length, from now.
    """
    held = Snapshot.objects.filter(pk__in=snapshot_ids, lease_owner=owner, status=SnapshotStatus.STARTED)
    held.update(retry_at=timezone.now() + timedelta(seconds=lease_seconds))
    return list(held.values_list("pk", flat=True))


def release(owner: UUID, snapshot_id: UUID, *, due: datetime | None = None, count_attempt: bool) -> bool:
    """Give a snapshot back as queued.

    Args:
        due: when it may be claimed again; None for at once.
        count_attempt: False where the page is not to blame, as when the worker is asked to stop.

    Returns:
        False if the worker did not hold it any more.
    """
    held = Snapshot.objects.filter(pk=snapshot_id, lease_owner=owner, status=SnapshotStatus.STARTED)
    changes = {} if count_attempt else {"attempts": F("attempts") - 1}
    return bool(
        held.update(
            status=SnapshotStatus.QUEUED,
            lease_owner=None,
            retry_at=due or timezone.now(),
            current_step="",
            modified_at=timezone.now(),
            **changes,
        )
    )


def expire(owners: Collection[UUID]) -> int:
    """End the leases of workers known to be dead, so that their pages can be claimed at once; return how many."""
    held = Snapshot.objects.filter(lease_owner__in=owners, status=SnapshotStatus.STARTED)
    return held.update(retry_at=timezone.now())


def waiting(within_seconds: float) -> bool:
    """Whether a snapshot is queued, or its lease ends, so that it may be claimed within this time from now."""
    horizon = timezone.now() + timedelta(seconds=within_seconds)
    return Snapshot.objects.filter(retry_at__lte=horizon).exists()


def held_by(owner: UUID, snapshot_id: UUID) -> bool:
    """Whether the worker holds the snapshot: ask inside the transaction that writes what it captured."""
    return held(owner, snapshot_id).exists()


def held(owner: UUID, snapshot_id: UUID) -> QuerySet[Snapshot]:
    """Return the snapshot if the worker holds it, to be changed in one statement with that condition."""
    return Snapshot.objects.filter(pk=snapshot_id, lease_owner=owner, status=SnapshotStatus.STARTED)


def column_value(field: str, value: object) -> str:
    """Return a value as the database has it in that column of a snapshot, for statements written out by hand."""
    return Snapshot._meta.get_field(field).get_db_prep_value(value, connection)  # type: ignore[union-attr, no-any-return]
