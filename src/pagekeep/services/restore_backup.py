"""Make an archive out of a backup, in an empty data directory."""

import os
import shutil
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from pagekeep.archive.database import sqlite_only
from pagekeep.domain.errors import Conflict, EnvironmentProblem
from pagekeep.services.back_up import BackedUp, Told, listed_snapshots
from pagekeep.services.wiring import data_dir
from pagekeep.storage.backup_folder import BackupFolder, copy_rest, read_about
from pagekeep.storage.disk import PRIVATE_FOLDER, disk_errors
from pagekeep.storage.mirror import Mirror

MARK = "restoring"
"""The file that says that a restore is not done: it may go on."""


def restore_backup(source: Path, told: Told) -> BackedUp:
    """Restore the newest whole state of the backup at ``source`` into the data directory.

    It can be stopped and begun again. The database comes last: until then there is no archive.

    Raises:
        BadInput: there is no whole backup, or the database is not SQLite.
        Conflict: the data directory holds something.
        EnvironmentProblem: the backup is damaged or of a newer Pagekeep, or a disk is full or cannot be written.
    """
    sqlite_only("pagekeep restore", "unset PAGEKEEP_DATABASE_URL, for a backup holds a SQLite database")
    home, folder = data_dir(), BackupFolder(source)
    state = folder.newest()
    about = read_about(state)
    known = {".".join(names) for names in MigrationLoader(None).disk_migrations}
    newer = [name for name in about.migrations if name not in known]
    if newer:
        raise EnvironmentProblem(
            f"The backup {state} was made by a newer Pagekeep, {about.pagekeep} ({newer[0]}); use that or a later one."
        )
    with disk_errors(home.root):
        home.root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if any(home.root.iterdir()) and not (home.root / MARK).exists():
            raise Conflict(f"The data directory {home.root} is not empty; name one that is, with --data-dir.")
        (home.root / MARK).touch()
        mirror, done = Mirror(folder.files, home), BackedUp(state)
        ids = listed_snapshots(state / home.database.name)
        for number, snapshot_id in enumerate(ids):
            told("snapshots", len(ids) - number)
            copied = mirror.copy(snapshot_id)
            done.files += copied.files
            done.size += copied.size
            done.damaged += copied.damaged
        told("snapshots", 0)
        done.snapshots = len(ids)
        copy_rest(state, home.root, home.database.name)
        part = home.database.with_suffix(".part")
        shutil.copyfile(state / home.database.name, part)
        part.chmod(0o600)
        os.sync()
        part.rename(home.database)
        (home.root / MARK).unlink()
    return done
