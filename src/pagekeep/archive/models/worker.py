from django.db import models

from pagekeep.domain.ids import new_id


class Worker(models.Model):
    """A process that captures pages. Its id owns the leases of the snapshots it holds."""

    class State(models.TextChoices):
        IDLE = "idle"
        BUSY = "busy"
        DRAINING = "draining"
        LOST = "lost"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hostname = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.IDLE)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    max_concurrent_tasks = models.PositiveSmallIntegerField(default=1)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["idle", "busy", "draining", "lost"]), name="worker_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hostname}:{self.pid}"
