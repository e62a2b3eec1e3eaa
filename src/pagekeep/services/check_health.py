"""Say whether the archive can do its work now."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError

from pagekeep.archive.database import on_postgres, place_of_database
from pagekeep.archive.page_queries import has_living_worker
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.services.watch_space import space_shortage
from pagekeep.services.wiring import data_dir

_REMEDY = {
    False: "check the disk and the data directory",
    True: "check that PostgreSQL runs, and PAGEKEEP_DATABASE_URL",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unwell:
    """A part of the archive that cannot do its work.

    Attributes:
        part: database, workers or disk: anyone may know.
        sentence: what is wrong and what to do. It may name paths, so it is for those who run the archive only.
    """

    part: str
    sentence: str


def check_health() -> list[Unwell]:
    """Return what is wrong with database, workers and disk; nothing means all is well. News of it goes to the log."""
    found = [*_database_and_workers(), *_disk()]
    _tell(found)
    return found


def _database_and_workers() -> list[Unwell]:
    seconds = settings().lease_seconds
    try:
        if has_living_worker(seconds):
            return []
    except DatabaseError as error:
        return [
            Unwell(
                "database", f"The database {place_of_database()} cannot be read ({error}); {_REMEDY[on_postgres()]}."
            ),
        ]
    return [
        Unwell("workers", f"No worker has given a sign of life for {seconds} seconds; start one with: pagekeep worker.")
    ]


def _disk() -> list[Unwell]:
    try:
        data_dir().check_space()
        shortage = space_shortage()
    except (EnvironmentProblem, OSError) as error:
        return [Unwell("disk", str(error))]
    return [Unwell("disk", shortage)] if shortage else []


_told: set[str] = set()


def _tell(found: Sequence[Unwell]) -> None:
    """Log each change once: those who watch ask every few seconds."""
    now = {unwell.part for unwell in found}
    for unwell in found:
        if unwell.part not in _told:
            log.warning("Not well: %s", unwell.sentence)
    for part in _told - now:
        log.warning("Well again: %s", part)
    _told.clear()
    _told.update(now)
