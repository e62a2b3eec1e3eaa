from django.db import models

from pagekeep.archive.models.machine import Machine
from pagekeep.domain.ids import new_id


class Worker(models.Model):
    """A process that captures pages. Its id owns the leases of the snapshots it holds.

    ``hostname``, ``boot``, ``pid`` and ``process_started`` together name the process (`archive.processes`). ``order``
    is what it was told to do; it reads it before it takes a page. ``reason`` is why it is paused.
    """

    class State(models.TextChoices):
        IDLE = "idle"
        BUSY = "busy"
        DRAINING = "draining"
        LOST = "lost"
        PAUSED = "paused"

    class Order(models.TextChoices):
        NONE = ""
        DRAIN = "drain"
        STOP = "stop"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    machine = models.ForeignKey(Machine, on_delete=models.SET_NULL, null=True, blank=True, related_name="workers")
    hostname = models.CharField(max_length=255)
    boot = models.CharField(max_length=80, blank=True, default="")
    pid = models.PositiveIntegerField()
    process_started = models.PositiveBigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.IDLE)
    reason = models.CharField(max_length=500, blank=True, default="")
    order = models.CharField(max_length=8, choices=Order.choices, blank=True, default=Order.NONE)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    max_concurrent_tasks = models.PositiveSmallIntegerField(default=1)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    pages_per_minute = models.FloatField(default=0.0)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["idle", "busy", "draining", "lost", "paused"]), name="worker_state_known"
            ),
            models.CheckConstraint(condition=models.Q(order__in=["", "drain", "stop"]), name="worker_order_known"),
        ]

    def __str__(self) -> str:
        return f"{self.hostname}:{self.pid}"
