"""Copy the whole archive, while it is in use, to a place from which it can be restored.

Files first, since there are many, then the database, then the files that changed meanwhile: what the copy of the
database lists is there. Where something was removed or captured anew just then, the last two are done again.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from uuid import UUID

from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from pagekeep.archive.database import sqlite_only
from pagekeep.archive.models import Snapshot
from pagekeep.domain.errors import EnvironmentProblem, PagekeepError
from pagekeep.services.prepare_archive import copy_database
from pagekeep.services.wiring import data_dir
from pagekeep.storage.backup_folder import FORMAT, About, BackupFolder, copy_rest, write_about
from pagekeep.storage.mirror import Mirror
from pagekeep.storage.snapshot_files import SnapshotFiles

ROUNDS = 5
Told = Callable[[str, int], object]
"""Called with what is being done and how much of it is left."""


@dataclass(slots=True)
class BackedUp:
    """What was done. ``damaged`` names kept files that are not what was recorded; they were copied as they are."""

    state: Path
    snapshots: int = 0
    files: int = 0
    size: int = 0
    damaged: list[str] = field(default_factory=list)


def back_up(target: Path, told: Told) -> BackedUp:
    """Bring the backup at ``target`` up to date. What is in it already is not copied again.

    It can be stopped at any time and begun again; the earlier backup stays whole until the new one is.

    Raises:
        BadInput: the database is not SQLite.
        Conflict: another process is at work on it.
        EnvironmentProblem: a disk is full or cannot be read or written, or the archive changes too fast to be copied.
    """
    sqlite_only("pagekeep backup", "copy the database with pg_dump, and the data directory with: rsync -aH")
    home, folder = data_dir(), BackupFolder(target)
    started = timezone.now() - timedelta(minutes=1)
    with folder.alone():
        mirror, done = Mirror(home, folder.files), BackedUp(target)
        ids = list(Snapshot.objects.order_by("pk").values_list("pk", flat=True))
        _copy(mirror, ids, done, told)
        name = f"{timezone.now():%Y%m%dT%H%M%S%f}"
        with folder.new_state(name) as state:
            database = state / home.database.name
            _copy_consistently(mirror, database, started, done, told)
            copy_rest(home.root, state, home.database.name)
            done.snapshots = len(listed_snapshots(database))
            applied = MigrationRecorder.Migration.objects.order_by("app", "name").values_list("app", "name")
            migrations = [".".join(names) for names in applied]
            made_at = timezone.now().isoformat()
            write_about(state, About(FORMAT, version("pagekeep"), made_at, migrations, done.snapshots))
        done.state = target / "states" / name
        _forget_removed(mirror, folder)
    return done


def verify(folder: BackupFolder, told: Told) -> list[str]:
    """Read every file that the newest state lists and return those (by path) that are missing or not what was kept.

    They are taken out of the backup, so that the next one copies them again.
    """
    database = folder.newest() / data_dir().database.name
    wrong = []
    listed = list(_listed(database))
    for number, (snapshot_id, files) in enumerate(listed):
        told("snapshots checked", len(listed) - number)
        for plugin, path, sha256 in _wrong(folder, snapshot_id, files, read=True):
            folder.drop(snapshot_id, f"{plugin}/{path}", sha256)
            wrong.append(f"{snapshot_id}/{plugin}/{path}")
    told("snapshots checked", 0)
    return wrong


def listed_snapshots(database: Path) -> list[UUID]:
    """Return the ids of all snapshots in a copied database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        return [UUID(row[0]) for row in copy.execute("SELECT id FROM archive_snapshot ORDER BY id")]


def _copy(mirror: Mirror, ids: list[UUID], done: BackedUp, told: Told) -> None:
    for number, snapshot_id in enumerate(ids):
        told("snapshots", len(ids) - number)
        copied = mirror.copy(snapshot_id)
        done.files += copied.files
        done.size += copied.size
        done.damaged += copied.damaged
    told("snapshots", 0)


def _copy_consistently(mirror: Mirror, database: Path, started: datetime, done: BackedUp, told: Told) -> None:
    """Copy the database and the files that changed since ``started`` until the one lists what the other has."""
    home = data_dir()
    folder = BackupFolder(done.state)
    for _ in range(ROUNDS):
        copy_database(home.database, database)
        with closing(sqlite3.connect(database)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file: it can be read where nothing may be written
        _copy(mirror, [snapshot_id for snapshot_id, _ in _listed(database, started)], done, told)
        if not any(_wrong(folder, snapshot_id, files) for snapshot_id, files in _listed(database, started)):
            return
    raise EnvironmentProblem("The archive changes faster than it is copied; make the backup at a quieter time.")


def _listed(database: Path, since: datetime | None = None) -> Iterator[tuple[UUID, list[tuple[str, str, str]]]]:
    """Yield each snapshot of a copied database that changed ``since``, with plugin, path and SHA-256 of its files."""
    sql = """
        SELECT s.id, r.plugin, r.output_files FROM archive_snapshot s
        LEFT JOIN archive_archiveresult r ON r.snapshot_id = s.id AND r.output_files <> '{}'
        WHERE s.modified_at >= ? ORDER BY s.id
    """
    earliest = f"{since:%Y-%m-%d %H:%M:%S}" if since else ""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        for snapshot_id, rows in groupby(copy.execute(sql, [earliest]), key=itemgetter(0)):
            files = [
                (plugin, path, about["sha256"])
                for _, plugin, output_files in rows
                for path, about in json.loads(output_files or "{}").items()
                if about.get("upload", {}).get("complete", True)
            ]
            yield UUID(snapshot_id), files


def _wrong(
    folder: BackupFolder, snapshot_id: UUID, files: list[tuple[str, str, str]], *, read: bool = False
) -> list[tuple[str, str, str]]:
    """Return which files of a snapshot are not in the backup as they are listed."""
    kept, wrong = SnapshotFiles(folder.files, snapshot_id), []
    for plugin, path, sha256 in files:
        try:
            file = kept.open(plugin, path)
            found = hash_of(file) if read else file.sha256
        except PagekeepError:
            found = ""
        if found != sha256:
            wrong.append((plugin, path, sha256))
    return wrong


def hash_of(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of a file's bytes as lower-case hex."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _forget_removed(mirror: Mirror, folder: BackupFolder) -> None:
    """Remove the files of snapshots that no state lists any more."""
    name = data_dir().database.name
    listed = {snapshot_id for state in folder.states() for snapshot_id in listed_snapshots(state / name)}
    gone = [found for found in folder.snapshot_ids() if found not in listed]
    for snapshot_id in gone:
        mirror.forget(snapshot_id)
    if gone:
        mirror.sweep()
