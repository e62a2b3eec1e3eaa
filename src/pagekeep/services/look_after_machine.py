"""A duty of every worker: keep its machine's record true, and measure the data directory a little at a time."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from pagekeep.archive.models import Machine
from pagekeep.services.machine_facts import machine_facts
from pagekeep.services.note_machine import current_machine, note_machine, note_programs
from pagekeep.services.wiring import data_dir
from pagekeep.storage.usage import bytes_on_disk

NOTE_EVERY = 60.0
PROGRAMS_EVERY = 600.0
PROGRAMS_FIRST = 10.0
"""Seconds after the start: a server beside it has read their files by then, and the first page had the disk alone."""
MEASURE_EVERY = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(hours=6)
"""A measurement that was begun so long ago is some dead worker's."""
SLICE = 0.05
"""Seconds of a round that are spent on measuring: a twentieth of one processor's time."""


class Measurement:
    """The data directory being measured, in slices. It takes as long as it takes: minutes for millions of files."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.size = 0
        self._rest: Iterator[int] = bytes_on_disk(data_dir())

    def go_on(self, seconds: float) -> bool:
        """Measure for so long; return whether it is done."""
        end = time.monotonic() + seconds
        for size in self._rest:
            self.size += size
            if time.monotonic() > end:
                return False
        return True


class LookingAfter:
    """What one process remembers from round to round."""

    def __init__(self) -> None:
        self._note_at = float("-inf")
        self._programs_at = time.monotonic() + PROGRAMS_FIRST
        self._measurement: Measurement | None = None

    def round(self) -> None:
        """Do what is due now: 1 statement where nothing is."""
        now = time.monotonic()
        if now >= self._note_at:
            self._note_at = now + NOTE_EVERY
            note_machine()
        if now >= self._programs_at:
            self._programs_at = now + PROGRAMS_EVERY
            note_programs()
        if self._measurement is None:
            self._measurement = _begin()
        if self._measurement is not None and self._measurement.go_on(SLICE):
            _end(self._measurement)
            self._measurement = None


def _begin() -> Measurement | None:
    """Return a new measurement where one is due and no other worker of this machine is at it."""
    now = timezone.now()
    due = Q(data_measured_at=None) | Q(data_measured_at__lt=now - MEASURE_EVERY)
    free = Q(data_claimed_at=None) | Q(data_claimed_at__lt=now - GIVEN_UP_AFTER)
    here = Machine.objects.filter(due, free, guid=machine_facts()["guid"])
    return Measurement(now) if here.exists() and here.update(data_claimed_at=now) else None


def _end(measurement: Measurement) -> None:
    Machine.objects.filter(pk=current_machine().pk).update(
        data_size=measurement.size, data_measured_at=measurement.since, data_claimed_at=None
    )


_here = LookingAfter()


def look_after_machine() -> None:
    """Do what is due on this machine now."""
    _here.round()
