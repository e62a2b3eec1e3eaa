"""Which of a snapshot's recorded files are on disk, and their bytes."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path

from pagekeep.domain.errors import BadInput, Conflict, EnvironmentProblem, NotFound
from pagekeep.domain.results import StoredFile
from pagekeep.domain.urls import shorten
from pagekeep.storage import file_index, recipe
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.disk import disk_errors, open_folder, read_range
from pagekeep.storage.file_index import Entry
from pagekeep.storage.names import check_path, check_plugin
from pagekeep.storage.packing import ByteRange, Member, Pack
from pagekeep.storage.recipe import PackedMember

Index = Callable[[str], list[Entry]]  # what a plugin's files are known to be


class KeptEntries:
    """The entries of one snapshot's folder, read anew at each call."""

    def __init__(self, folder: Path, blobs: BlobStore) -> None:
        self._folder = folder
        self._blobs = blobs

    def of(self, plugin: str) -> list[Entry]:
        """Return the entries of a plugin's files that are on disk, in the order they were first made."""
        known: dict[str, list[Entry]] = {}
        for entry in self.recorded(plugin):
            known.setdefault(entry.stored.path, []).append(entry)
        return [found for candidates in known.values() if (found := self._current(plugin, candidates))]

    def find(self, plugin: str, path: str) -> Entry:
        """Return the entry of a file.

        Raises:
            BadInput: the names cannot be names of kept files.
            NotFound: no such file is kept.
        """
        return self._find(plugin, path, self.recorded)

    def recorded(self, plugin: str) -> list[Entry]:
        """Return what a plugin's index says, files that are gone or replaced too."""
        try:
            with disk_errors(self._folder), open_folder(self._folder) as top:
                return file_index.read(top, plugin)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def is_file(self, plugin: str, path: str) -> bool:
        """Tell whether a file is there, whatever the index says."""
        return self._status(plugin, path) is not None

    def reader(self, plugin: str, entry: Entry) -> ByteRange:
        """Return what reads a file, or a packed one as if it were on disk.

        Raises:
            EnvironmentProblem: what is on disk is not what was recorded.
        """
        stored = entry.stored
        where = f"{self._folder}/{plugin}/{stored.path}"
        if entry.packed:
            made = recipe.read(self._folder, plugin, stored.path)
            index = cache(self.recorded)
            if made is None or any(not self._is_kept(member, index) for member in made.members):
                raise EnvironmentProblem(f"{where} cannot be packed: a file it is made of is gone; capture it again.")
            return self.zip(made.members).read_range
        status = self._status(plugin, stored.path)
        if status is None or status.st_size != stored.size:
            raise EnvironmentProblem(f"{where} has not the size that was recorded; restore it from a backup.")
        return partial(read_range, self._folder, (plugin, *check_path(stored.path)))

    def members(self, wanted: Iterable[tuple[str, str, StoredFile]]) -> tuple[PackedMember, ...]:
        """Return kept files as members of a ZIP, each given by its name there, its plugin and the file.

        Raises:
            BadInput: a name is not usable, or a file is itself packed.
            Conflict: a file is no longer what is kept under its name.
            NotFound: a file is not kept.
        """
        index = cache(self.recorded)  # read once, not for each of its files
        return tuple(self._member(name, plugin, file, index) for name, plugin, file in wanted)

    def zip(self, members: Iterable[PackedMember]) -> Pack:
        """Return members as a ZIP."""
        return Pack(
            Member(member.name, member.size, member.crc32, partial(read_range, self._folder, check_path(member.path)))
            for member in members
        )

    def _find(self, plugin: str, path: str, index: Index) -> Entry:
        check_plugin(plugin)
        check_path(path)
        entry = self._current(plugin, [entry for entry in index(plugin) if entry.stored.path == path])
        if entry is None:
            raise NotFound(f"This snapshot keeps no file {shorten(repr(f'{plugin}/{path}'))}.")
        return entry

    def _member(self, name: str, plugin: str, file: StoredFile, index: Index) -> PackedMember:
        check_path(name)
        entry = self._find(plugin, file.path, index)
        where = f"{plugin}/{file.path}"
        if entry.packed:
            raise BadInput(f"{shorten(repr(where))} is packed itself and cannot be packed again; pack its members.")
        if entry.stored.sha256 != file.sha256:
            raise Conflict(f"{shorten(repr(where))} has been replaced since it was to be packed; pack it again.")
        return PackedMember(name, where, entry.stored.size, entry.stored.sha256, entry.crc32)

    def _is_kept(self, member: PackedMember, index: Index) -> bool:
        plugin, _, path = member.path.partition("/")
        try:
            return self._find(plugin, path, index).stored.sha256 == member.sha256
        except NotFound:
            return False

    def _current(self, plugin: str, candidates: list[Entry]) -> Entry | None:
        """Return which of the entries of one path is on disk: not the latest, where a kill came before its file."""
        only_one = len({entry.stored.sha256 for entry in candidates}) == 1
        for entry in reversed(candidates):
            if entry.packed:
                made = recipe.read(self._folder, plugin, entry.stored.path)
                if made and made.sha256 == entry.stored.sha256:
                    return entry
                continue
            status = self._status(plugin, entry.stored.path)
            if status and (only_one or self._is(plugin, entry, status)):
                return entry
        return None

    def _is(self, plugin: str, entry: Entry, status: os.stat_result) -> bool:
        """Tell whether the file with ``status`` is that of ``entry``: the inode of its blob, or the same bytes."""
        stored = entry.stored
        blob = self._blobs.path(stored.sha256)
        if blob.exists() and os.path.samestat(blob.stat(), status):
            return True
        if status.st_size != stored.size:
            return False
        digest = hashlib.sha256()
        for chunk in read_range(self._folder, (plugin, *check_path(stored.path)), 0, stored.size):
            digest.update(chunk)
        return digest.hexdigest() == stored.sha256

    def _status(self, plugin: str, path: str) -> os.stat_result | None:
        *folders, name = check_path(path)
        try:
            with open_folder(self._folder, (plugin, *folders)) as folder:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status if stat.S_ISREG(status.st_mode) else None
