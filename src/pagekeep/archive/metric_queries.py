"""What `/metrics` tells of the database: 14 statements, whatever the archive holds, none of which reads it all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from pagekeep.archive.models import Machine, Schedule, Snapshot, StatusCount, Tally, WebhookDelivery, Worker
from pagekeep.archive.worker_queries import QueueCounts, living_workers, queue_counts
from pagekeep.domain.webhooks import DeliveryStatus


@dataclass(frozen=True, slots=True)
class Readings:
    """The archive's numbers at one moment.

    Attributes:
        counts: those triggers keep: how many snapshots and results have each status, and their bytes.
        tallies: how often things have come about.
        workers: those that live.
        tabs_busy: by worker, how many pages it is capturing.
        schedule_lag: for how long the schedule that has waited longest has been due.
        webhooks_oldest: since when the first message that is due to a webhook has been due.
        webhooks_failed: messages of the last week that were given up.
        data_bytes: of the data directory, None as long as nobody has measured it.
        database_bytes: of the database's files.
    """

    queue: QueueCounts
    counts: list[StatusCount]
    tallies: list[Tally]
    workers: list[Worker]
    tabs_busy: dict[UUID, int]
    schedules: int
    schedule_lag: timedelta
    webhooks_pending: int
    webhooks_oldest: datetime | None
    webhooks_failed: int
    data_bytes: int | None
    database_bytes: int
    now: datetime


def read_metrics() -> Readings:
    """Return all of it."""
    now = timezone.now()
    held = Snapshot.objects.filter(lease_owner__isnull=False).order_by().values_list("lease_owner")
    schedules = Schedule.objects.filter(is_enabled=True).aggregate(number=Count("pk"), first=Min("next_run_at"))
    pending = WebhookDelivery.objects.filter(next_attempt_at__isnull=False)
    waiting = pending.aggregate(number=Count("pk"), first=Min("next_attempt_at"))
    measured = Machine.objects.filter(data_measured_at__isnull=False).order_by("-data_measured_at")
    return Readings(
        queue=queue_counts(),
        counts=list(StatusCount.objects.order_by("kind", "status")),
        tallies=list(Tally.objects.order_by("kind", "name", "status")),
        workers=list(living_workers()),
        tabs_busy=dict(held.annotate(number=Count("pk"))),
        schedules=schedules["number"],
        schedule_lag=max(timedelta(0), now - schedules["first"]) if schedules["first"] else timedelta(0),
        webhooks_pending=waiting["number"],
        webhooks_oldest=waiting["first"],
        webhooks_failed=WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED).count(),
        data_bytes=measured.values_list("data_size", flat=True).first(),
        database_bytes=database_bytes(),
        now=now,
    )


def database_bytes() -> int:
    """Return what the database takes on disk, its write-ahead log included: 1 statement, none on SQLite."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = Path(str(connection.settings_dict["NAME"]))
    files = (name.with_name(name.name + suffix) for suffix in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())
