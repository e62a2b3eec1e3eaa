"""Reads about workers and the queue: a constant number of SQL statements each, however long the queue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from pagekeep.archive.counters import SNAPSHOT
from pagekeep.archive.filters import check_choice
from pagekeep.archive.models import Snapshot, StatusCount, Worker
from pagekeep.archive.references import find_one, id_range
from pagekeep.archive.statements import column_value, one
from pagekeep.config.load import settings
from pagekeep.domain.status import SnapshotStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFilters:
    """None means: not asked for."""

    state: str | None = None
    hostname: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: the state is unknown.
        """
        check_choice("state", self.state, Worker.State.values)
        found = Q(hostname=self.hostname) if self.hostname else Q()
        return found & _in_state(Worker.State(self.state)) if self.state else found


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What waits and runs.

    Attributes:
        queued: snapshots that any worker may take now.
        backoff: those that are queued for a later moment, after a failed attempt.
        oldest_queued_at: since when the first of the queue has been due, None if nothing is queued.
    """

    queued: int
    started: int
    backoff: int
    paused: int
    oldest_queued_at: datetime | None


def list_workers(filters: WorkerFilters | None = None) -> QuerySet[Worker]:
    """Return workers, the one started last first: 1 statement.

    Raises:
        BadInput: a filter's value is unknown.
    """
    return Worker.objects.filter((filters or WorkerFilters()).condition()).order_by("-started_at", "-id")


def living_workers() -> QuerySet[Worker]:
    """Return the workers that are not lost, the one started last first: 1 statement."""
    return list_workers().exclude(_in_state(Worker.State.LOST))


def find_worker(reference: str) -> Worker:
    """Return the worker that an id, its unambiguous beginning or ``host:pid`` names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(Worker.objects.all(), [id_range(reference), _place(reference)], "worker", reference)


def state_of(worker: Worker) -> Worker.State:
    """Return the state people are told: what it said last, unless it is lost or was told something since."""
    if worker.state == Worker.State.LOST or worker.heartbeat_at < _lost_before():
        return Worker.State.LOST
    return Worker.State.DRAINING if worker.order else Worker.State(worker.state)


def why_paused(worker: Worker) -> str:
    """Return why a paused worker takes no pages, in a sentence; empty for one that is not paused."""
    return worker.reason if state_of(worker) == Worker.State.PAUSED else ""


def order_of(worker_id: UUID) -> str:
    """Return what a worker was told to do, empty if nothing: 1 statement."""
    table, key = Worker._meta.db_table, column_value("id", worker_id, Worker)
    row = one(f'SELECT "order" FROM {table} WHERE id = %s', [key])  # noqa: S608 (nothing comes from outside)
    return str(row[0]) if row else ""


def pages_held(worker_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return ``snapshot_id, url, step, started_at`` of the pages that each worker is capturing: 1 statement."""
    held = Snapshot.objects.filter(lease_owner__in=worker_ids)
    pages: dict[UUID, list[dict[str, Any]]] = {}
    columns = ("lease_owner", "pk", "url", "current_step", "claimed_at")
    for owner, snapshot_id, url, step, since in held.order_by("claimed_at", "pk").values_list(*columns):
        page = {"snapshot_id": snapshot_id, "url": url, "step": step, "started_at": since}
        pages.setdefault(owner, []).append(page)
    return pages


def queue_counts() -> QueueCounts:
    """Return how much waits and runs: 4 statements, none of which reads what is merely queued."""
    now = timezone.now()
    counts = StatusCount.objects.filter(kind=SNAPSHOT, status__in=(SnapshotStatus.QUEUED, SnapshotStatus.PAUSED))
    number = dict(counts.values_list("status", "number"))
    leases = list(Snapshot.objects.filter(lease_owner__isnull=False).values_list("retry_at", flat=True))
    # `retry_at` is set for queued and held ones only.
    later = Snapshot.objects.filter(retry_at__gt=now).count()
    backoff = max(0, later - sum(end is not None and end > now for end in leases))
    return QueueCounts(
        queued=max(0, number[SnapshotStatus.QUEUED] - backoff),
        started=len(leases),
        backoff=backoff,
        paused=number[SnapshotStatus.PAUSED],
        oldest_queued_at=_oldest_queued(now, len(leases)),
    )


def _oldest_queued(now: datetime, started: int) -> datetime | None:
    """Return when the first queued snapshot became due: it is among the first ``started`` + 1 that have a moment."""
    due = Snapshot.objects.filter(retry_at__lte=now).order_by("retry_at", "id").values_list("retry_at", "status")
    queued = (moment for moment, status in due[: started + 1] if status == SnapshotStatus.QUEUED)
    return next(queued, None)


def _in_state(state: Worker.State) -> Q:
    """Return the condition under which `state_of` says ``state``."""
    lost = Q(state=Worker.State.LOST) | Q(heartbeat_at__lt=_lost_before())
    if state == Worker.State.LOST:
        return lost
    if state == Worker.State.DRAINING:
        return ~lost & (Q(state=state) | ~Q(order=Worker.Order.NONE))
    return ~lost & Q(state=state, order=Worker.Order.NONE)


def _lost_before() -> datetime:
    return timezone.now() - timedelta(seconds=settings().lease_seconds)


def _place(reference: str) -> Q | None:
    hostname, separator, pid = reference.strip().rpartition(":")
    usable = separator and pid.isascii() and pid.isdigit() and len(pid) < 10
    return Q(hostname=hostname, pid=int(pid)) if usable else None
