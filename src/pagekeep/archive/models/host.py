from django.db import models
from django.db.models import Q

from pagekeep.crawl.politeness import HostState


class Host(models.Model):
    """What is remembered of a host so that all workers together are polite to it; see `crawl.politeness.HostState`.

    ``name`` is a snapshot's ``domain``.
    """

    name = models.CharField(max_length=255, primary_key=True)
    visited_at = models.DateTimeField()
    followed_at = models.DateTimeField(null=True, blank=True)
    crawl_delay = models.FloatField(null=True, blank=True)
    delay = models.FloatField(null=True, blank=True)
    slow_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["visited_at"], name="host_visited")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> HostState:
        """Its state as a value."""
        return HostState(self.visited_at, self.followed_at, self.crawl_delay, self.delay, self.slow_until)


class Lane(models.Model):
    """The queue of one host's seeds (pages of depth 0) or of its followed links. Triggers make and wake them: `lanes`.

    ``due_at`` is when its first page may be taken, ``wakes_at`` before when its host is not asked: nothing can be
    claimed earlier, and whether it can be then is found out by `queue.claim`. None means: nothing waits; no reason to
    wait.
    """

    host = models.CharField(max_length=255, blank=True)
    followed = models.BooleanField()
    due_at = models.DateTimeField(null=True, blank=True)
    wakes_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "followed"], name="lane_once")]
        indexes = [
            models.Index(
                fields=["followed", "due_at"],
                name="lane_awake",
                condition=Q(wakes_at__isnull=True, due_at__isnull=False),
            ),
            models.Index(fields=["wakes_at"], name="lane_asleep", condition=Q(wakes_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.host}: {'followed links' if self.followed else 'seeds'}"
