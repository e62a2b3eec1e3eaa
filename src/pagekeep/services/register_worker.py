"""Make worker processes known, so that everyone can see what captures pages."""

import os
import socket
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from pagekeep.archive.models import Worker
from pagekeep.archive.queue import expire

FORGOTTEN_AFTER = timedelta(days=1)


def register_worker(tabs: int) -> Worker:
    """Record this process as a worker, and bury those that died: what they held can be claimed at once.

    Args:
        tabs: how many pages it captures at a time.
    """
    now = timezone.now()
    hostname = socket.gethostname()
    here = Worker.objects.filter(hostname=hostname).values_list("pk", "pid")
    dead = [worker_id for worker_id, pid in here if not _runs(pid)]
    expire(dead)
    Worker.objects.filter(Q(pk__in=dead) | Q(heartbeat_at__lt=now - FORGOTTEN_AFTER)).delete()
    return Worker.objects.create(
        hostname=hostname,
        pid=os.getpid(),
        started_at=now,
        heartbeat_at=now,
        max_concurrent_tasks=tabs,
    )


def _runs(pid: int) -> bool:
    """Whether a process of this number runs here; if it is another by now, the lease simply ends later."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def worker_beat(worker_id: UUID, state: Worker.State, *, succeeded: int, failed: int) -> None:
    """Record that a worker lives, what it does and how many pages it has ended so far."""
    Worker.objects.filter(pk=worker_id).update(
        heartbeat_at=timezone.now(), state=state, succeeded=succeeded, failed=failed
    )


def retire_worker(worker_id: UUID) -> None:
    """Forget a worker that has ended."""
    Worker.objects.filter(pk=worker_id).delete()
