"""Moments that are unique in the archive, as a snapshot's timestamp must be."""

from datetime import datetime, timedelta

from pagekeep.archive.models import Snapshot
from pagekeep.archive.references import timestamp_of

STEP = timedelta(microseconds=1)


def free_moments(start: datetime, number: int) -> list[datetime]:
    """Return moments that no snapshot has yet, ascending from ``start`` in steps of 1 µs.

    Call it in the transaction that uses them.
    """
    free: list[datetime] = []
    while len(free) < number:
        window = [start + STEP * index for index in range(number - len(free))]
        between = {"timestamp__gte": timestamp_of(window[0]), "timestamp__lte": timestamp_of(window[-1])}
        taken = set(Snapshot.objects.filter(**between).values_list("timestamp", flat=True))
        free += [moment for moment in window if timestamp_of(moment) not in taken]
        start = window[-1] + STEP
    return free
