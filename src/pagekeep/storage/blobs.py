"""The blob store: every kept file once, at ``blobs/ab/cdef…`` by its SHA-256.

The readable names in the snapshots' folders are hard links to the blob, so a blob with a single link is one nobody
refers to. Where the file system has no hard links (or the snapshots are on another disk), the readable file stands
alone: its bytes are as safe, but kept once per name.

Everything is prepared in a work folder that its maker holds locked and that names the blobs and hints it touches. Done,
failed or killed, a work folder ends the same way: what is left in it is deleted, the blobs it named are freed where
nobody refers to them, and the hints it named are removed where they lead to no blob.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pagekeep.storage.disk import PRIVATE_FOLDER, WrittenFile, checksum, disk_errors, write_new
from pagekeep.storage.file_index import SHA256, named_below, note
from pagekeep.storage.hints import Hints
from pagekeep.storage.layout import DataDir
from pagekeep.storage.names import INDEX_NAME

_WORK_PREFIX = "storage-"
_WORK_LOCK = "lock"
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV)


class BlobStore:
    """The blobs of one data directory. Any number of processes and threads may use it at once."""

    def __init__(self, data_dir: DataDir) -> None:
        self._blobs = data_dir.blobs
        self._lock_file = data_dir.blobs / ".lock"
        self._hints = Hints(data_dir.shared)
        self._temp = data_dir.temp
        self._snapshots_temp = data_dir.snapshots_temp

    def path(self, sha256: str) -> Path:
        """Return where the blob with this digest is, or would be."""
        if not SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no lower-case hex SHA-256")
        return self._blobs / sha256[:2] / sha256[2:]

    def digests(self) -> Iterator[str]:
        """Yield the digest of every blob, in order."""
        for shard in sorted(self._blobs.glob("[0-9a-f][0-9a-f]")):
            yield from (shard.name + name for name in sorted(os.listdir(shard)))

    @contextmanager
    def work(self) -> Iterator[Path]:
        """Yield a new work folder on the file system of the blobs; whatever is left in it is deleted afterwards."""
        with self._work_in(self._temp) as folder:
            yield folder

    @contextmanager
    def work_near_snapshots(self) -> Iterator[Path]:
        """The same on the file system of the snapshots' folders."""
        with self._work_in(self._snapshots_temp) as folder:
            yield folder

    def write(self, work: Path, data: bytes | Iterable[bytes]) -> WrittenFile:
        """Write ``data`` into the work folder as a read-only file, durable and hashed.

        Raises:
            EnvironmentProblem: the disk is full or not writable.
        """
        with disk_errors(self._temp):
            return write_new(work / "data", data)

    def share(self, work: Path, written: WrittenFile) -> Path:
        """Make a written file one with its blob; return the link in ``work`` to rename to a readable name.

        While that link is in ``work`` the blob is safe from being freed. Where the file system has no hard links, there
        is no blob and the written file itself is returned.
        """
        note(work, [written.sha256])
        try:
            with self._lock(fcntl.LOCK_SH):
                return self._link(work, written)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            return written.file

    def find(self, work: Path, hint: str) -> WrittenFile | None:
        """Return the blob that a hint leads to, as a link in ``work`` that keeps it from being freed, read and checked.

        None: there is no hint, or its blob is gone, has all the links its inode can have, or is damaged. A damaged
        blob is given up, so that the next write of these bytes makes a whole one.
        """
        sha256 = self._hints.read(hint)
        if sha256 is None:
            return None
        note(work, [sha256], [hint])
        blob, found = self.path(sha256), work / "found"
        try:
            with self._lock(fcntl.LOCK_SH):
                os.link(blob, found)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EMLINK, *_NO_HARD_LINKS):
                raise
            return None
        written = checksum(found)
        if written.sha256 == sha256:
            return written
        with self._lock(fcntl.LOCK_EX), suppress(FileNotFoundError):
            if blob.samefile(found):
                blob.unlink()
        return None

    def remember(self, work: Path, hint: str, sha256: str) -> None:
        """Let a hint lead to this blob, if it is there. A hint that cannot be written costs a second copy later."""
        note(work, [], [hint])
        with suppress(OSError), self._lock(fcntl.LOCK_SH):
            if self.path(sha256).exists():
                self._hints.write(work, hint, sha256)

    def release(self, digests: Iterable[str], hints: Iterable[str] = ()) -> None:
        """Free the blobs among these that nobody refers to, then remove the hints among these that lead to no blob."""
        for blob in map(self.path, digests):
            with self._lock(fcntl.LOCK_EX), suppress(FileNotFoundError):  # somebody else may have freed it
                if blob.stat().st_nlink == 1:
                    blob.unlink()
        for hint in hints:
            # Whoever writes a hint looks at it after that, whoever frees a blob looks after that: none is overlooked.
            with self._lock(fcntl.LOCK_EX):
                sha256 = self._hints.read(hint)
                if sha256 and not self.path(sha256).exists():
                    self._hints.remove(hint)

    def sweep_temp(self) -> int:
        """Finish what killed processes left: delete their work folders and free blobs. Return how many there were.

        Work folders of living processes, in other containers too, are locked and stay.
        """
        swept = 0
        for folder in [*self._temp.glob(f"{_WORK_PREFIX}*"), *self._snapshots_temp.glob(f"{_WORK_PREFIX}*")]:
            with disk_errors(folder):
                lock = _claim(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if lock is None:
                    continue
                try:
                    self._end_work(folder)
                finally:
                    _unlock(lock)
                swept += 1
        return swept

    def _link(self, work: Path, written: WrittenFile) -> Path:
        blob = self.path(written.sha256)
        blob.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        # The shard's entry is not synced: the readable name keeps the bytes, a lost entry only costs a second copy.
        try:
            os.link(written.file, blob)
            return written.file
        except FileExistsError:
            pass  # the usual case of bytes seen before: answered below
        if blob.stat().st_size == written.size:
            try:
                os.link(blob, work / "blob")
                return work / "blob"
            except OSError as error:
                if error.errno != errno.EMLINK:
                    raise
        # The blob is damaged or has all the links its inode can have: this copy takes its place.
        os.link(written.file, work / "fresh")
        os.rename(work / "fresh", blob)
        return written.file

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        """Hold the store's lock: shared while linking to blobs, exclusive while freeing one. Ends with the process."""
        self._blobs.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            _unlock(descriptor)

    @contextmanager
    def _work_in(self, parent: Path) -> Iterator[Path]:
        with disk_errors(parent):
            folder, lock = _new_work(parent)
        try:
            yield folder
        finally:
            try:
                with disk_errors(parent):
                    self._end_work(folder)
            finally:
                _unlock(lock)

    def _end_work(self, folder: Path) -> None:
        """Delete all but the notes, free what they name, then delete the notes: a kill in between is made up for."""
        lock_file = folder / _WORK_LOCK
        for parent, _, names in os.walk(folder):
            for file in (Path(parent, name) for name in names if name != INDEX_NAME):
                if file != lock_file:
                    file.unlink(missing_ok=True)
        named = named_below(folder)
        self.release(named.digests, named.hints)
        for child in folder.iterdir():
            if child.is_dir() and not child.is_symlink():
                _delete_folder(child)
            elif child != lock_file:
                child.unlink()
        lock_file.unlink()
        try:
            folder.rmdir()
        except OSError as error:
            # Another sweeper put its lock file here just now and is the one to finish, or has finished.
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT):
                raise


def _delete_folder(folder: Path) -> None:
    while True:
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            # A save that was under way when its snapshot was removed may have put one more file here.
            if error.errno != errno.ENOTEMPTY:
                raise


def _new_work(parent: Path) -> tuple[Path, int]:
    parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    while True:
        folder = parent / f"{_WORK_PREFIX}{secrets.token_hex(8)}"
        folder.mkdir(mode=PRIVATE_FOLDER)
        lock = _claim(folder, fcntl.LOCK_EX)
        if lock is not None:
            return folder, lock


def _claim(folder: Path, kind: int) -> int | None:
    """Lock a work folder; return the open lock, or None if a living process has it or it was swept meanwhile."""
    try:
        lock = os.open(folder / _WORK_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, kind)
        if os.fstat(lock).st_nlink:
            return lock
    except BlockingIOError:
        pass  # a living process is at work in it
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def _unlock(lock: int) -> None:
    # Closing alone would leave the lock with a process forked meanwhile, which holds a copy of the descriptor.
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
