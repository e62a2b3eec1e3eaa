"""Make worker processes known, so that everyone can see what captures pages and tell it what to do."""

import socket
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from pagekeep.archive.models import Worker
from pagekeep.archive.processes import has_ended, this_process
from pagekeep.archive.queue import expire
from pagekeep.services.note_machine import note_machine

FORGOTTEN_AFTER = timedelta(days=1)
HEIR_WITHIN = timedelta(minutes=5)
"""How soon after its last sign of life a drained worker that died can have an heir."""


def register_worker(tabs: int) -> Worker:
    """Record this process as a worker, and bury those that died: what they held can be claimed at once.

    Where one of them had been told to drain, so is this one: a crash does not undo what a person has ordered.

    Args:
        tabs: how many pages it captures at a time.
    """
    bury_workers()
    now = timezone.now()
    return Worker.objects.create(
        **this_process(),
        machine=note_machine(),
        started_at=now,
        heartbeat_at=now,
        max_concurrent_tasks=tabs,
        order=_inherited(),
    )


def _inherited() -> Worker.Order:
    """Return DRAIN where a drained worker has just died here: who takes its place shall not capture either."""
    since = timezone.now() - HEIR_WITHIN
    dead = Worker.objects.filter(
        state=Worker.State.LOST, order=Worker.Order.DRAIN, hostname=socket.gethostname(), heartbeat_at__gte=since
    )
    for worker_id in dead.values_list("pk", flat=True):
        if dead.filter(pk=worker_id).update(order=Worker.Order.NONE):  # each has one heir
            return Worker.Order.DRAIN
    return Worker.Order.NONE


def bury_workers() -> None:
    """Mark the workers whose process has ended here as lost and free what they held; forget those long silent.

    A duty of every worker: 1 statement where there is nothing to do.
    """
    long_ago = timezone.now() - FORGOTTEN_AFTER
    workers = list(Worker.objects.all())
    dead = [worker.pk for worker in workers if worker.state != Worker.State.LOST and has_ended(worker)]
    if dead:
        expire(dead)
        Worker.objects.filter(pk__in=dead).update(state=Worker.State.LOST)
    if any(worker.heartbeat_at < long_ago for worker in workers):
        Worker.objects.filter(heartbeat_at__lt=long_ago).delete()


def worker_beat(worker: Worker) -> None:
    """Record that a worker lives, what it does and how many pages it has ended so far."""
    worker.heartbeat_at = timezone.now()
    columns = ("heartbeat_at", "state", "reason", "succeeded", "failed", "pages_per_minute")
    beaten = Worker.objects.filter(pk=worker.pk).update(**{column: getattr(worker, column) for column in columns})
    if not beaten:  # forgotten, as after a night of a sleeping machine
        worker.save(force_insert=True)


def retire_worker(worker_id: UUID) -> None:
    """Forget a worker that has ended."""
    Worker.objects.filter(pk=worker_id).delete()


def retire_if_told(worker_id: UUID) -> bool:
    """Forget a worker that is about to end as it was told to; return False if it was told to go on meanwhile."""
    deleted, _ = Worker.objects.filter(pk=worker_id, order=Worker.Order.STOP).delete()
    return bool(deleted)
