"""Make the data directory ready: folders, secret key, schema, default persona.

What every command that opens the archive does first.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from pagekeep.archive.database import check_postgres, on_postgres, place_of_database
from pagekeep.archive.triggers import ensure_triggers
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.block_list import read_block_list
from pagekeep.config.load import settings
from pagekeep.config.secret import read_key, write_key
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.search.triggers import ensure_triggers as ensure_search_triggers
from pagekeep.services.make_persona import ensure_default
from pagekeep.services.webhook_address import SETTING as WEBHOOK_SETTING
from pagekeep.services.wiring import data_dir
from pagekeep.storage.blobs import BlobStore

BACKUPS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Prepared:
    """What had to be done. ``created``: the archive is new. ``backup``: the copy made before ``migrations`` ran."""

    created: bool
    backup: Path | None
    migrations: tuple[str, ...]


def prepare_archive() -> Prepared:
    """Make what is missing and bring the schema up to date, after a copy of the database was made (SQLite only).

    Any number of processes may call it at once: one does the work and the others wait for it.

    Raises:
        BadInput: PAGEKEEP_ALLOW_PRIVATE or PAGEKEEP_WEBHOOK_ALLOW_PRIVATE names something that is no network, host or
            host:port, or PAGEKEEP_BLOCK_LIST something that is no list of hosts.
        EnvironmentProblem: the directory cannot be used, the disk is full, or the database is damaged or newer than
            this program.
    """
    AddressPolicy(settings().allow_private)  # a bad entry stops the start, not every page later
    AddressPolicy(settings().webhook_allow_private, setting=WEBHOOK_SETTING)
    if settings().block_list:
        read_block_list(settings().block_list)
    home = data_dir()
    home.prepare()
    if not home.database.exists():  # one that is there can be read on a full disk, and pages be removed from it
        home.check_space()
    with _alone(home.run / "prepare.lock"):
        _settle_key(home.root)
        BlobStore(home).sweep_temp()
        try:
            prepared = _migrate(home.database, home.backups)
            ensure_default()
            return prepared
        except DatabaseError as error:
            raise unusable(error) from error


def unusable(error: DatabaseError) -> EnvironmentProblem:
    """Return what is told where the database cannot be used at all."""
    if on_postgres():
        what_to_do = "check that PostgreSQL runs, and PAGEKEEP_DATABASE_URL"
    else:
        what_to_do = f"put back a copy from {data_dir().backups}"
    return EnvironmentProblem(f"The database {place_of_database()} cannot be used ({_line(error)}); {what_to_do}.")


def backup_database(database: Path, backups: Path) -> Path:
    """Copy a database that may be in use, whole and consistent, and keep the newest five copies.

    Returns:
        The copy's path, named by the moment (UTC) it was made.
    """
    copy = backups / f"pagekeep-{timezone.now():%Y%m%dT%H%M%S%f}.sqlite3"
    unfinished = copy.with_suffix(".part")
    copy_database(database, unfinished)
    with unfinished.open("rb") as whole:
        os.fsync(whole.fileno())
    unfinished.rename(copy)
    folder = os.open(backups, os.O_RDONLY)
    try:
        os.fsync(folder)  # only a copy that outlives a power cut replaces older ones
    finally:
        os.close(folder)
    for old in sorted(backups.glob("pagekeep-*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink()
    return copy


def copy_database(database: Path, target: Path) -> None:
    """Copy a database that may be in use, as it is at one moment, into a new file only its owner can read."""
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _migrate(database: Path, backups: Path) -> Prepared:
    if on_postgres():
        check_postgres()
    executor = MigrationExecutor(connection)
    applied = executor.loader.applied_migrations
    newer = [
        name
        for app, name in applied
        if app in ("archive", "search") and (app, name) not in executor.loader.disk_migrations
    ]
    if newer:
        raise EnvironmentProblem(
            f"The database {place_of_database()} was made by a newer Pagekeep ({newer[0]});"
            " run that version or a later one."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    backup = None
    if plan:
        if applied and not on_postgres():
            data_dir().check_space(database.stat().st_size)
            backup = backup_database(database, backups)
        call_command("migrate", interactive=False, verbosity=0)
    ensure_triggers()
    ensure_search_triggers()
    return Prepared(not applied, backup, tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan))


def _line(error: DatabaseError) -> str:
    return " ".join(str(error).split())


def _settle_key(root: Path) -> None:
    """Keep the key this process began with, unless there is one: then use that."""
    if settings().secret_key.get_secret_value():
        return
    kept = read_key(root)
    if not kept:
        write_key(root, django_settings.SECRET_KEY)
    elif kept != django_settings.SECRET_KEY:
        django_settings.SECRET_KEY = kept


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
