"""The files of one snapshot: a folder a person can browse, one folder per plugin, real file names."""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

from pagekeep.domain.errors import BadInput, CaptureError, NotFound
from pagekeep.domain.results import Shareable, Shared, StoredFile, Upload
from pagekeep.domain.urls import shorten
from pagekeep.storage import file_index, manifest, recipe
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.disk import (
    CHUNK,
    PRIVATE_FOLDER,
    WrittenFile,
    disk_errors,
    has,
    make_folders,
    open_folder,
    replace_file,
    unlink,
)
from pagekeep.storage.file_index import Entry
from pagekeep.storage.kept_entries import KeptEntries
from pagekeep.storage.kept_file import KeptFile
from pagekeep.storage.layout import DataDir
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.names import RECIPE_SUFFIX, check_path, check_plugin
from pagekeep.storage.packing import Member, Pack
from pagekeep.storage.uploads import known_uploads

HEAD = 4096


class SnapshotFiles:
    """What is kept of one snapshot, at ``<folder>/<plugin>/<path>``. The sink of the capture engine.

    Every change is durable when the call returns, and a kill at any instant leaves the old or the new state.
    """

    def __init__(self, data_dir: DataDir, snapshot_id: UUID, fence: Callable[[], None] | None = None) -> None:
        """Name the files of a snapshot.

        Args:
            fence: asked before each change, while the snapshot's folder is locked; it raises where the caller may not
                change the snapshot any more. All who may write at the same time need one.
        """
        self.folder = data_dir.snapshot_folder(snapshot_id)
        self._fence = fence
        self._blobs = BlobStore(data_dir)
        self._kept = KeptEntries(self.folder, self._blobs)

    def save(
        self, plugin: str, path: str, data: bytes | Iterable[bytes], mimetype: str, *, unique: bool = False
    ) -> StoredFile:
        """Keep a file, all of it or nothing; one of the same name is replaced.

        Args:
            unique: no other file will have the same bytes, so that they need not be found again.

        Raises:
            BadInput: ``plugin`` or ``path`` would leave the snapshot's folder or is otherwise no usable name.
            NotFound: the snapshot was removed meanwhile.
            EnvironmentProblem: the disk is full or not writable.
        """
        check_plugin(plugin)
        check_path(path)
        with self._blobs.work() as work:
            written = self._blobs.write(work, data)
            entry = _entry(path, mimetype, written)
            self._put(work, plugin, [(entry, written)], share=not unique)
        return entry.stored

    def add(self, plugin: str, files: Sequence[Upload]) -> list[StoredFile]:
        """Keep files that a client sent, all of them or none; bytes that are kept already stay, whoever made them.

        No capture replaces or drops them afterwards.

        Raises:
            Conflict: other bytes are kept under one of the names.
            BadInput: a name differs from a kept one in case only; and as ``save``.
            NotFound, EnvironmentProblem: as ``save``.
        """
        check_plugin(plugin)
        for upload in files:
            check_path(upload.path)
        written: list[tuple[Entry, WrittenFile]] = []
        with self._blobs.work() as work, disk_errors(work):
            for number, upload in enumerate(files):
                place = work / str(number)
                place.mkdir(mode=PRIVATE_FOLDER)
                file = self._blobs.write(place, upload.data)
                entry = _entry(upload.path, upload.mimetype, file)
                written.append((replace(entry, uploaded=True), file))
            if written:
                self._put(work, plugin, written)
        return [entry.stored for entry, _ in written]

    def share(self, plugin: str, wanted: Sequence[Shareable]) -> list[Shared]:
        """Keep a file for each of ``wanted``: the blob known by its key, else the bytes that its ``make`` gives.

        A blob that is shared has been read and is whole. All are put in place at once: together they cost two waits for
        the disk, and one more for each file that is new.

        Raises:
            BadInput, NotFound, EnvironmentProblem: as ``save``.
        """
        check_plugin(plugin)
        for one in wanted:
            check_path(one.path)
        if not wanted:
            return []
        shared: list[Shared] = []
        files: list[tuple[Entry, WrittenFile]] = []
        with self._blobs.work() as work, disk_errors(work):
            for number, one in enumerate(wanted):
                place = work / str(number)
                place.mkdir(mode=PRIVATE_FOLDER)
                hint = hashlib.sha256(one.key.encode(errors="surrogatepass")).hexdigest()
                known = self._blobs.find(place, hint)
                written = known or self._blobs.write(place, one.make())
                entry = _entry(one.path, one.mimetype, written, hint)
                files.append((entry, written))
                with written.file.open("rb") as file:
                    shared.append(Shared(entry.stored, known is None, file.read(HEAD)))
            self._put(work, plugin, files)
            for kept, (entry, written) in zip(shared, files, strict=True):
                if kept.is_new:
                    self._blobs.remember(written.file.parent, str(entry.hint), written.sha256)
        return shared

    def pack(self, plugin: str, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> StoredFile:
        """Record a ZIP (stored, not compressed) made of files already kept, without writing their bytes again.

        Args:
            members: (name inside the ZIP, plugin that keeps the file, the file), in the order they are packed.

        Raises:
            BadInput: a name is not usable, or a member is itself packed.
            Conflict: a member is no longer what is kept under its name.
            NotFound: a member is not kept, or the snapshot was removed meanwhile.
            EnvironmentProblem: the disk is full or not writable.
        """
        check_plugin(plugin)
        *folders, name = check_path(path, spare=len(RECIPE_SUFFIX))
        packed = self._kept.members(members)
        made = recipe.describe(self._kept.zip(packed), packed)
        stored = StoredFile(path, made.size, made.sha256, mimetype)
        with (
            self._blobs.work_near_snapshots() as work,
            self._changing(plugin, path),
            open_folder(self.folder, (plugin, *folders), create=True) as folder,
        ):
            entry = Entry(stored, made.crc32, packed=True)
            self._record(work, plugin, [entry], {path} if _exists(folder, name) else set())
            replace_file(work, recipe.to_json(made), folder, name + RECIPE_SUFFIX)
            unlink(folder, name)
            os.fsync(folder)
        return stored

    def open(self, plugin: str, path: str) -> KeptFile:
        """Return a kept file, or a packed one as if it were on disk.

        Raises:
            BadInput: the names cannot be names of kept files.
            NotFound: no such file is kept.
            EnvironmentProblem: what is on disk is not what was recorded.
        """
        entry = self._kept.find(plugin, path)
        stored = entry.stored
        return KeptFile(stored.size, stored.mimetype, stored.sha256, self._kept.reader(plugin, entry))

    def plugins(self) -> list[str]:
        """Return the names of the plugins that keep something, sorted."""
        try:
            with disk_errors(self.folder), open_folder(self.folder) as folder, os.scandir(folder) as children:
                return sorted(
                    child.name
                    for child in children
                    if child.is_dir(follow_symlinks=False) and not child.name.startswith(".")
                )
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self, plugin: str) -> list[StoredFile]:
        """Return what a plugin keeps, in the order it was made; packed files are listed as their packed bytes."""
        check_plugin(plugin)
        return [entry.stored for entry in self._kept.of(plugin)]

    def remove(self) -> None:
        """Remove the snapshot's folder, at once and durably; free what only it kept. Gone already is fine."""
        self._discard(self.folder)

    def drop(self, plugin: str) -> None:
        """Remove all that one plugin keeps, at once, so that it can try again. Packed files made of it break.

        What clients uploaded stays.
        """
        target = self.folder / check_plugin(plugin)
        with contextlib.suppress(FileNotFoundError), self._fenced():  # no folder: nothing was kept yet
            entries = self._kept.of(plugin)
            if any(entry.uploaded for entry in entries):
                self._discard_files(plugin, [entry for entry in entries if not entry.uploaded])
            else:
                self._discard(target, self._kept.recorded(plugin))

    def write_manifest(self, value: Manifest) -> None:
        """Write the manifest, with the members of the packed files among its results.

        Raises:
            NotFound: the snapshot was removed meanwhile.
            EnvironmentProblem: the disk is full or not writable.
        """
        self.renew_manifest(lambda: value)

    def renew_manifest(self, describe: Callable[[], Manifest]) -> None:
        """Write the manifest that ``describe`` gives while the folder is locked: the last writer knows most.

        Raises:
            NotFound, EnvironmentProblem: as ``write_manifest``.
        """
        with self._blobs.work_near_snapshots() as work, self._changing("", manifest.MANIFEST_NAME):
            value = describe()
            packed = {
                f"{result.plugin}/{file.path}": made.members
                for result in value.results
                for file in result.files
                if (made := recipe.read(self.folder, result.plugin, file.path))
            }
            make_folders(self.folder)
            manifest.write(self.folder, replace(value, packed=packed), work)

    def read_manifest(self) -> Manifest:
        """Read the manifest; errors as in ``manifest.read``."""
        return manifest.read(self.folder)

    def zip_all(self) -> Pack:
        """Return the whole snapshot as a ZIP: the manifest, then ``<plugin>/<path>`` in order of their names."""
        try:
            members = [Member.of_bytes(manifest.MANIFEST_NAME, manifest.read_bytes(self.folder))]
        except NotFound:
            members = []
        for plugin in self.plugins():
            for entry in sorted(self._kept.of(plugin), key=lambda entry: entry.stored.path):
                stored = entry.stored
                name = f"{plugin}/{stored.path}"
                members.append(Member(name, stored.size, entry.crc32, self._kept.reader(plugin, entry)))
        return Pack(members)

    def _put(self, work: Path, plugin: str, files: Sequence[tuple[Entry, WrittenFile]], *, share: bool = True) -> None:
        """Put written files under their names, each whole, all durable at the end."""
        with self._changing(plugin, files[0][0].stored.path), ExitStack() as opened:
            files = self._to_put(plugin, files)
            folders: dict[tuple[str, ...], int] = {}
            names: list[tuple[int, str]] = []
            for entry, _ in files:
                *above, name = check_path(entry.stored.path)
                parts = (plugin, *above)
                if parts not in folders:
                    folders[parts] = opened.enter_context(open_folder(self.folder, parts, create=True))
                names.append((folders[parts], name))
            there = {entry.stored.path for (entry, _), place in zip(files, names, strict=True) if _exists(*place)}
            self._record(work, plugin, [entry for entry, _ in files], there)
            for (folder, name), (_, written) in zip(names, files, strict=True):
                file = self._blobs.share(written.file.parent, written) if share else written.file
                self._place(file, folder, name)
                unlink(folder, name + RECIPE_SUFFIX)
            for folder in folders.values():
                os.fsync(folder)

    def _record(self, work: Path, plugin: str, entries: Sequence[Entry], there: Collection[str]) -> None:
        """Write down what is about to appear; what it replaces is freed when the work is over.

        Args:
            there: the paths that are taken now.

        Raises:
            CaptureError: a capture would replace what a client uploaded.
        """
        with open_folder(self.folder) as top:
            if there:
                if not any(entry.uploaded for entry in entries):
                    self._spare_uploads(plugin, there)
                paths = {entry.stored.path for entry in entries}
                _note(work, [old for old in file_index.read(top, plugin) if old.stored.path in paths])
            file_index.append(top, plugin, entries)

    def _spare_uploads(self, plugin: str, paths: Collection[str]) -> None:
        for entry in self._kept.of(plugin):
            if entry.uploaded and entry.stored.path in paths:
                where = shorten(repr(f"{plugin}/{entry.stored.path}"))
                raise CaptureError(f"A client uploaded {where}, which stays; this one was not kept.")

    def _to_put(self, plugin: str, files: Sequence[tuple[Entry, WrittenFile]]) -> Sequence[tuple[Entry, WrittenFile]]:
        """Return the files that are to be put in place: of uploads those that are not kept already."""
        uploads = [entry for entry, _ in files if entry.uploaded]
        if not uploads:
            return files
        kept = {entry.stored.path: entry for entry in self._kept.of(plugin)}
        known = known_uploads(plugin, uploads, kept, partial(self._kept.is_file, plugin))
        with open_folder(self.folder) as top:
            # What a capture keeps is the client's too from now on, and stays when the capture tries again.
            file_index.append(top, plugin, [entry for entry in known if not kept[entry.stored.path].uploaded])
        done = {entry.stored.path for entry in known}
        return [(entry, written) for entry, written in files if entry.stored.path not in done]

    def _place(self, file: Path, folder: int, name: str) -> None:
        try:
            os.rename(file, name, dst_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with self._blobs.work_near_snapshots() as near, file.open("rb") as source:
                replace_file(near, iter(partial(source.read, CHUNK), b""), folder, name)

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """Hold the folder and pass the fence: whoever may write it next waits until this change is whole."""
        if self._fence is None:
            yield
            return
        lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._fence()
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _changing(self, plugin: str, path: str) -> Iterator[None]:
        """Say in a sentence what can be wrong while something is put into the snapshot's folder."""
        where = f"{plugin}/{path}".lstrip("/")
        try:
            with disk_errors(self.folder):
                make_folders(self.folder)
                with self._fenced():
                    yield
        except FileNotFoundError as error:
            raise NotFound(f"The snapshot of {where} was removed while it was written; add its URL again.") from error
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.EISDIR, errno.ELOOP):
                raise
            raise BadInput(
                f"{shorten(repr(where))} cannot be kept: a part of that name is taken"
                " by a file, folder or symbolic link; choose another name."
            ) from error

    def _discard(self, target: Path, entries: Sequence[Entry] = ()) -> None:
        """Take a folder away and free what only it kept: what the indexes in it name, and ``entries``."""
        with self._blobs.work_near_snapshots() as work, disk_errors(target):
            _note(work, entries)
            try:
                with open_folder(target.parent) as parent:
                    os.rename(target.name, work / "removed", src_dir_fd=parent)
                    os.fsync(parent)
            except (FileNotFoundError, NotADirectoryError):
                return

    def _discard_files(self, plugin: str, entries: Sequence[Entry]) -> None:
        """Take single files away and free what only they kept."""
        with self._blobs.work_near_snapshots() as work, disk_errors(self.folder):
            _note(work, entries)
            for path in {entry.stored.path for entry in entries}:
                *folders, name = check_path(path)
                with (
                    contextlib.suppress(FileNotFoundError, NotADirectoryError),
                    open_folder(self.folder, (plugin, *folders)) as folder,
                ):
                    unlink(folder, name)
                    unlink(folder, name + RECIPE_SUFFIX)
                    os.fsync(folder)


def _note(work: Path, entries: Iterable[Entry]) -> None:
    known = list(entries)
    file_index.note(work, (entry.stored.sha256 for entry in known), (entry.hint for entry in known if entry.hint))


def _entry(path: str, mimetype: str, written: WrittenFile, hint: str | None = None) -> Entry:
    return Entry(StoredFile(path, written.size, written.sha256, mimetype), written.crc32, hint=hint)


def _exists(folder: int, name: str) -> bool:
    return any(has(folder, candidate) for candidate in (name, name + RECIPE_SUFFIX))
