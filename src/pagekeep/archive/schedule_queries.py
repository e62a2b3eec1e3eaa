"""Reads about schedules."""

from django.db.models import QuerySet

from pagekeep.archive.models import Schedule
from pagekeep.archive.references import find_one, id_range


def list_schedules() -> QuerySet[Schedule]:
    """Return the schedules, newest first, with who made them: 1 statement."""
    return Schedule.objects.select_related("created_by").order_by("-created_at", "-id")


def find_schedule(reference: str) -> Schedule:
    """Return the schedule an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(list_schedules(), [id_range(reference)], "schedule", reference)
