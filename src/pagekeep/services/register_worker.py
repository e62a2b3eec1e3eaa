"""Make worker processes known, so that everyone can see what captures pages."""

import os
import socket
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from pagekeep.archive.models import Worker

FORGOTTEN_AFTER = timedelta(days=1)


def register_worker(tabs: int) -> Worker:
    """Record this process as a worker and forget those not heard of for a day.

    Args:
        tabs: how many pages it captures at a time.
    """
    now = timezone.now()
    Worker.objects.filter(heartbeat_at__lt=now - FORGOTTEN_AFTER).delete()
    return Worker.objects.create(
        hostname=socket.gethostname(),
        pid=os.getpid(),
        started_at=now,
        heartbeat_at=now,
        max_concurrent_tasks=tabs,
    )


def worker_beat(worker_id: UUID, state: Worker.State, *, succeeded: int, failed: int) -> None:
    """Record that a worker lives, what it does and how many pages it has ended so far."""
    Worker.objects.filter(pk=worker_id).update(
        heartbeat_at=timezone.now(), state=state, succeeded=succeeded, failed=failed
    )


def retire_worker(worker_id: UUID) -> None:
    """Forget a worker that has ended."""
    Worker.objects.filter(pk=worker_id).delete()
