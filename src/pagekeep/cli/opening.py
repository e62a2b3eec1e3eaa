"""Opening the archive a command works on."""

from django.db import DatabaseError

from pagekeep.archive.database import is_made
from pagekeep.cli.printing import tell
from pagekeep.domain.errors import NotFound
from pagekeep.services.prepare_archive import Prepared, prepare_archive, unusable
from pagekeep.services.wiring import data_dir


def open_archive(*, create: bool) -> Prepared:
    """Bring the archive up to date and say so if there was anything to do.

    Args:
        create: make it if there is none.

    Raises:
        NotFound: there is none and it may not be made.
        EnvironmentProblem: it cannot be used.
    """
    home = data_dir()
    if not create and not _is_made():
        raise NotFound(
            f"There is no archive in {home.root}; make one with: pagekeep init, or name another with --data-dir."
        )
    prepared = prepare_archive()
    if prepared.created:
        tell(f"A new archive was made in {home.root}.")
    elif prepared.migrations:
        copy = f"; a copy of its database is {prepared.backup}" if prepared.backup else ""
        tell(f"The archive in {home.root} was brought up to date{copy}.")
    return prepared


def _is_made() -> bool:
    try:
        return is_made()
    except DatabaseError as error:
        raise unusable(error) from error
