"""A backup as it is on disk: kept files once, and for each time it was made, what belongs to that time.

``files/`` is the bytes: snapshots' folders and their blobs as in a data directory. ``states/<time>/`` holds the
database, the secret key, the settings' file, the personas and ``backup.json``. A state gets its name when all is there,
so half a backup is never taken for a whole one.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from pagekeep.domain.errors import BadInput, Conflict, EnvironmentProblem
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.disk import PRIVATE_FOLDER, disk_errors, make_folders
from pagekeep.storage.layout import DataDir

FORMAT = 1
STATES_KEPT = 3
ABOUT = "backup.json"
_PART = ".part"
# Made anew by whoever needs it, or copied in its own way.
_NOT_COPIED = {"blobs", "snapshots", "shared", "uploads", "tmp", "run", "backups"}


@dataclass(frozen=True, slots=True)
class About:
    """What a state is: its format, who made it and when (ISO 8601, UTC), its migrations, and how much is in it."""

    format: int
    pagekeep: str
    made_at: str
    migrations: list[str]
    snapshots: int


class BackupFolder:
    """A backup at ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def files(self) -> DataDir:
        """The kept files, as a data directory without a database."""
        return DataDir(self.root / "files")

    def states(self) -> list[Path]:
        """Return the whole states, oldest first."""
        return sorted(path.parent for path in (self.root / "states").glob(f"[0-9]*/{ABOUT}") if _is_whole(path.parent))

    def snapshot_ids(self) -> Iterator[UUID]:
        """Yield the ids of the snapshots whose files are kept."""
        for path in self.files.snapshots.glob("[0-9]*/[0-9]*/[0-9]*/*"):
            with suppress(ValueError):
                yield UUID(path.name)

    def drop(self, snapshot_id: UUID, path: str, sha256: str) -> None:
        """Take a damaged file out, by its path in the snapshot's folder, and the blob it may be."""
        for file in (self.files.snapshot_folder(snapshot_id) / path, BlobStore(self.files).path(sha256)):
            with disk_errors(self.root), suppress(FileNotFoundError, NotADirectoryError):
                file.unlink()

    def newest(self) -> Path:
        """Return the newest state.

        Raises:
            BadInput: there is none.
        """
        states = self.states()
        if not states:
            raise BadInput(f"{self.root} holds no whole backup; make one with: pagekeep backup {self.root}")
        return states[-1]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from changing the backup while the block runs.

        Raises:
            Conflict: one does.
        """
        with disk_errors(self.root):
            make_folders(self.root / "states")
            with (self.root / ".lock").open("w") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Conflict(f"Another process is at work on the backup {self.root}; wait for it.") from None
                yield

    @contextmanager
    def new_state(self, name: str) -> Iterator[Path]:
        """Yield a new folder for a state. It counts when the block ends well; older ones than the newest three go."""
        states = self.root / "states"
        with disk_errors(self.root):
            for left in states.glob(f"*{_PART}"):
                shutil.rmtree(left)
            part = states / f"{secrets.token_hex(4)}{_PART}"
            part.mkdir(mode=PRIVATE_FOLDER)
            yield part
            os.sync()  # the files, too, must be there when the name says so
            part.rename(states / name)
            os.sync()
            for old in self.states()[:-STATES_KEPT]:
                shutil.rmtree(old)


def copy_rest(source: Path, target: Path, database: str) -> None:
    """Copy what is in a data directory beside database and kept files: key, settings, personas."""
    for path in source.iterdir():
        if path.name in _NOT_COPIED or path.name.startswith(database) or path.name == ABOUT:
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(path, target / path.name, follow_symlinks=False)


def write_about(state: Path, about: About) -> None:
    """Say in a state what it is."""
    (state / ABOUT).write_text(f"{json.dumps(asdict(about), indent=2)}\n", encoding="utf-8")


def read_about(state: Path) -> About:
    """Read what a state is.

    Raises:
        EnvironmentProblem: it is damaged, or a later Pagekeep made it.
    """
    try:
        known = json.loads((state / ABOUT).read_text(encoding="utf-8"))
        if known["format"] > FORMAT:
            raise EnvironmentProblem(f"The backup {state} was made by a newer Pagekeep, {known['pagekeep']}; use that.")
        return About(**{name: known[name] for name in About.__slots__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentProblem(f"The backup {state} is damaged ({error}); use another state or backup.") from error


def _is_whole(state: Path) -> bool:
    return not state.name.endswith(_PART)
