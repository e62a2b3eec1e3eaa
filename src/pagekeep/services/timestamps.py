"""Moments that are unique in the archive, as a snapshot's timestamp must be."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pagekeep.archive.models import Snapshot
from pagekeep.archive.references import timestamp_of

STEP = timedelta(microseconds=1)
BATCH = 500


def free_near(wanted: Sequence[datetime]) -> list[datetime]:
    """Return for each moment itself, or the next one in steps of 1 µs that no snapshot has yet.

    Call it in the transaction that uses them. It costs a statement per 500 moments, and as many again for each time
    that all of them are taken.
    """
    used: set[datetime] = set()
    after: dict[datetime, datetime] = {}
    chosen: dict[int, datetime] = {}
    pending: list[int] = list(range(len(wanted)))
    while pending:
        for index in pending:
            moment = after.get(wanted[index], wanted[index])
            while moment in used:
                moment += STEP
            used.add(moment)
            after[wanted[index]] = moment + STEP
            chosen[index] = moment
        taken = _taken([timestamp_of(chosen[index]) for index in pending])
        pending = [index for index in pending if timestamp_of(chosen[index]) in taken]
    return [chosen[index] for index in range(len(wanted))]


def _taken(timestamps: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for start in range(0, len(timestamps), BATCH):
        some = Snapshot.objects.filter(timestamp__in=timestamps[start : start + BATCH])
        taken.update(some.values_list("timestamp", flat=True))
    return taken


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
