"""Say whether the archive can do its work now."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from django.db import DatabaseError
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.database import on_postgres, place_of_database
from pagekeep.archive.models import Worker
from pagekeep.archive.patience import patient_for
from pagekeep.archive.processes import has_ended
from pagekeep.archive.worker_queries import living_workers, queue_counts, state_of, why_paused
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.services.add_tallies import PROBE, Tallies
from pagekeep.services.watch_space import space_shortage
from pagekeep.services.wiring import data_dir

_REMEDY = {
    False: "check the disk and the data directory, and whether another program holds the database",
    True: "check that PostgreSQL runs, and PAGEKEEP_DATABASE_URL",
}
log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds the database has for each thing it is asked: beyond, it is not well."""
STUCK = timedelta(minutes=3)
"""For so long pages may be due while no worker takes one."""


@dataclass(frozen=True, slots=True)
class Unwell:
    """A part of the archive that cannot do its work.

    Attributes:
        part: database, workers, queue or disk: anyone may know.
        sentence: what is wrong and what to do. It may name paths, so it is for those who run the archive only.
    """

    part: str
    sentence: str


class _LastLook:
    """What was found last. One looks at a time; who comes meanwhile is told the same, so a crowd costs no more."""

    def __init__(self) -> None:
        self.looking = Lock()
        self.found: list[Unwell] | None = None
        self.told: set[str] = set()


_last = _LastLook()


def check_health() -> list[Unwell]:
    """Return what is wrong with database, workers, queue and disk; nothing means all is well.

    It takes seconds at most, whatever the database does, and few statements. News of it goes to the log.
    """
    if not _last.looking.acquire(timeout=0 if _last.found is not None else 2 * PATIENCE):
        return _last.found or []
    try:
        parts = {unwell.part: unwell for unwell in (*_database_and_workers(), *_disk())}
        found = list(parts.values())
        _last.found = found
        _tell(found)
        return found
    finally:
        _last.looking.release()


def _database_and_workers() -> list[Unwell]:
    try:
        with patient_for(PATIENCE):
            _write_something()
            return [*_workers()]
    except DatabaseError as error:
        sentence = (
            f"The database {place_of_database()} cannot be written to within {PATIENCE:g} seconds ({error});"
            f" {_REMEDY[on_postgres()]}."
        )
        return [Unwell("database", sentence)]


def _write_something() -> None:
    """Commit a change: a disk that is full or not writable is known by nothing less."""
    probe = Tallies()
    probe.add(PROBE, "")
    probe.write()


def _workers() -> Iterator[Unwell]:
    alive = [worker for worker in living_workers() if not has_ended(worker)]
    if not alive:
        seconds = settings().lease_seconds
        why = f"No worker has given a sign of life for {seconds} seconds; start one with: pagekeep worker."
        yield Unwell("workers", why)
        return
    pauses = [why_paused(worker) for worker in alive]
    if all(pauses):  # their disks may be others than the server's
        yield Unwell("disk", f"No worker takes pages: {pauses[0]}")
        return
    since = timezone.now() - STUCK
    taking = [worker for worker in alive if state_of(worker) == Worker.State.IDLE and worker.started_at < since]
    if not taking or any(worker.pages_per_minute for worker in alive):
        return
    counts = queue_counts()
    if counts.started or counts.oldest_queued_at is None or counts.oldest_queued_at > since or not queue.waiting(0):
        return
    minutes = (timezone.now() - counts.oldest_queued_at) // timedelta(minutes=1)
    yield Unwell(
        "queue",
        f"Pages have been due for {minutes} minutes and {len(taking)} idle workers take none; the workers' log says"
        " more, or start them anew.",
    )


def _disk() -> list[Unwell]:
    try:
        data_dir().check_space()
        shortage = space_shortage()
    except (EnvironmentProblem, OSError) as error:
        return [Unwell("disk", str(error))]
    return [Unwell("disk", shortage)] if shortage else []


def _tell(found: Sequence[Unwell]) -> None:
    """Log each change once: those who watch ask every few seconds."""
    now = {unwell.part for unwell in found}
    for unwell in found:
        if unwell.part not in _last.told:
            log.warning("Not well: %s", unwell.sentence)
    for part in _last.told - now:
        log.warning("Well again: %s", part)
    _last.told = now
