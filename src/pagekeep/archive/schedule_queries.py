"""Reads about schedules."""

from datetime import datetime

from django.db.models import QuerySet

from pagekeep.archive.models import Schedule
from pagekeep.archive.references import find_one, id_range
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone
from pagekeep.domain.errors import BadInput

RUNS_TOLD = 3


def list_schedules() -> QuerySet[Schedule]:
    """Return the schedules, newest first, with who made them: 1 statement."""
    return Schedule.objects.select_related("created_by").order_by("-created_at", "-id")


def find_schedule(reference: str) -> Schedule:
    """Return the schedule an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(list_schedules(), [id_range(reference)], "schedule", reference)


def next_runs(schedule: Schedule, number: int = RUNS_TOLD) -> list[datetime]:
    """Return when it runs next, in UTC; none if it is paused. A time that has passed is made up as soon as may be."""
    if not schedule.is_enabled:
        return []
    try:
        recurrence, zone = parse_recurrence(schedule.every), parse_zone(schedule.time_zone)
    except BadInput:  # the time zone is gone from the machine: the next run says so
        return [schedule.next_run_at]
    return recurrence.times_from(schedule.next_run_at, zone, number)
