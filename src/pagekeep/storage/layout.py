"""Where everything lives in the data directory."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pagekeep.domain.errors import BadInput, DiskFull, EnvironmentProblem
from pagekeep.domain.ids import id_time
from pagekeep.storage.disk import PRIVATE_FOLDER, disk_errors

SPACE_RESERVE = 64 * 1024 * 1024  # the database and its log need room even when captures have stopped


@dataclass(frozen=True, slots=True)
class DataDir:
    """The data directory at ``root``: one place to back up, readable with a file manager."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "pagekeep.sqlite3"

    @property
    def blobs(self) -> Path:
        """Every kept file once, by its SHA-256."""
        return self.root / "blobs"

    @property
    def shared(self) -> Path:
        """Hints at the blobs that further snapshots may share, see ``hints``. Whoever deletes it loses no file."""
        return self.root / "shared"

    @property
    def snapshots(self) -> Path:
        """One folder per snapshot, for people and programs to browse."""
        return self.root / "snapshots"

    @property
    def snapshots_temp(self) -> Path:
        """Work in progress that must be on the file system of the snapshots, which may be another disk."""
        return self.snapshots / ".tmp"

    @property
    def temp(self) -> Path:
        return self.root / "tmp"

    @property
    def uploads(self) -> Path:
        """The parts of files that clients are still sending, a folder for each archive result."""
        return self.root / "uploads"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def personas(self) -> Path:
        """What personas have of sites: cookies and storage, one folder each. Only this user may read it."""
        return self.root / "personas"

    @property
    def run(self) -> Path:
        """Locks, sockets and process ids of what is running now."""
        return self.root / "run"

    def snapshot_folder(self, snapshot_id: UUID) -> Path:
        """Return ``snapshots/YYYY/MM/DD/<id>``; the day (UTC) is read from the id, so no database is needed.

        Raises:
            BadInput: the id is no UUIDv7, so it carries no time.
        """
        if snapshot_id.version != 7:
            raise BadInput(f"{snapshot_id} is no snapshot id; snapshot ids are UUIDs of version 7.")
        try:
            day = id_time(snapshot_id)
        except (ValueError, OverflowError) as error:
            raise BadInput(f"{snapshot_id} is no snapshot id; its time is after the year 9999.") from error
        return self.snapshots / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}" / str(snapshot_id)

    def snapshot_lock(self, snapshot_id: UUID) -> Path:
        """Return the file to lock while a snapshot's folder is changed; a few snapshots share each of the 256."""
        return self.run / "snapshots" / f"{snapshot_id.hex[-2:]}.lock"

    def prepare(self) -> None:
        """Make the directories that are missing, private to the owner, and check that they can be written.

        Raises:
            EnvironmentProblem: they cannot be made or written; the text says what to do.
        """
        try:
            with disk_errors(self.root):
                own = (self.blobs, self.snapshots, self.temp, self.backups, self.personas, self.run)
                for folder in (self.root, *own):
                    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
                    with tempfile.TemporaryFile(dir=folder):
                        pass
        except OSError as error:
            raise EnvironmentProblem(
                f"The data directory {self.root} cannot be used ({error.strerror}: {error.filename});"
                " choose another with PAGEKEEP_DATA_DIR."
            ) from error

    def free_space(self) -> int:
        """Return the bytes that can still be written, of snapshots or of anything else: they may be on two disks.

        Raises:
            EnvironmentProblem: the disk does not tell.
        """
        with disk_errors(self.root):
            return min(shutil.disk_usage(folder).free for folder in (self.root, self.snapshots) if folder.exists())

    def check_space(self, needed_bytes: int = 0) -> None:
        """Check that ``needed_bytes`` can be written and a small reserve is left.

        Raises:
            DiskFull: the disk is full or nearly so.
            EnvironmentProblem: the disk does not tell.
        """
        free = self.free_space()
        needed = needed_bytes + SPACE_RESERVE
        if free < needed:
            raise DiskFull(
                f"The disk that holds {self.root} has {free // 2**20} MiB left, {-(-needed // 2**20)} MiB are needed;"
                " free some space or move the data directory to a larger disk."
            )
