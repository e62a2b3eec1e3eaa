"""Opening the archive a command works on."""

from pagekeep.cli.printing import err
from pagekeep.domain.errors import NotFound
from pagekeep.services.prepare_archive import Prepared, prepare_archive
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
    if not create and not home.database.exists():
        raise NotFound(
            f"There is no archive in {home.root}; make one with: pagekeep init, or name another with --data-dir."
        )
    prepared = prepare_archive()
    if prepared.created:
        err.print(f"A new archive was made in {home.root}.")
    elif prepared.migrations:
        err.print(f"The archive in {home.root} was brought up to date; a copy of its database is {prepared.backup}.")
    return prepared
