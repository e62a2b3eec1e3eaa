"""Pause, resume and remove schedules."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from pagekeep.archive.models import Schedule
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone


def pause_schedules(schedule_ids: Iterable[UUID]) -> int:
    """Stop the runs of these schedules until they are resumed; return how many were running."""
    running = Schedule.objects.filter(pk__in=list(schedule_ids), is_enabled=True)
    return running.update(is_enabled=False, modified_at=timezone.now())


def resume_schedules(schedule_ids: Iterable[UUID], *, now: datetime | None = None) -> int:
    """Let paused schedules run again, from their next time on: what fell into the pause is not made up.

    Args:
        now: the present moment.

    Returns:
        How many were paused.
    """
    now, resumed = now or timezone.now(), 0
    for schedule in Schedule.objects.filter(pk__in=list(schedule_ids), is_enabled=False):
        following = parse_recurrence(schedule.every).next_after(now, parse_zone(schedule.time_zone))
        paused = Schedule.objects.filter(pk=schedule.pk, is_enabled=False)
        resumed += paused.update(is_enabled=True, next_run_at=following, modified_at=timezone.now())
    return resumed


def remove_schedules(schedule_ids: Iterable[UUID] | None = None) -> int:
    """Remove schedules, all of them if None; return how many. Their crawls and snapshots stay."""
    schedules = Schedule.objects.all()
    if schedule_ids is not None:
        schedules = schedules.filter(pk__in=list(schedule_ids))
    return schedules.delete()[0]
