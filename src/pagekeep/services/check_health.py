"""Say whether the archive can do its work now."""

from django.db import DatabaseError

from pagekeep.archive.page_queries import has_living_worker
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.services.wiring import data_dir


def check_health() -> list[str]:
    """Return a sentence for everything that is wrong with database, disk and workers; none means all is well."""
    problems: list[str] = []
    try:
        if not has_living_worker(settings().lease_seconds):
            problems.append(
                f"No worker has given a sign of life for {settings().lease_seconds} seconds; start one with"
                " `pagekeep worker`."
            )
    except DatabaseError as error:
        problems.append(f"The database cannot be read ({error}); check the disk and the data directory.")
    try:
        data_dir().check_space()
    except (EnvironmentProblem, OSError) as error:
        problems.append(str(error))
    return problems
