"""Keep a file that a client sends part by part; it may go on after a restart of client or server."""

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.domain.results import Upload
from pagekeep.domain.urls import shorten
from pagekeep.services.renew_manifest import renew_manifest
from pagekeep.services.uploaded_result import Told, await_the_rest, check_size, find_row, save_row, upload_fence
from pagekeep.services.wiring import data_dir, snapshot_files
from pagekeep.storage.disk import PRIVATE_FOLDER
from pagekeep.storage.names import check_path
from pagekeep.storage.uploads import Parts


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of a file.

    Attributes:
        path: the file's, in its plugin's folder.
        index: which of the ``count`` parts it is, from 0.
        offset: its first byte's place in the file of ``total_size`` bytes.
        size: bytes of this part.
        read: returns its bytes piece by piece; may be called again.
    """

    path: str
    index: int
    count: int
    offset: int
    total_size: int
    mimetype: str
    size: int
    read: Callable[[], Iterable[bytes]]

    @property
    def end(self) -> int:
        """The place behind its last byte."""
        return self.offset + self.size


def upload_chunk(result_id: UUID, chunk: Chunk, told: Told) -> None:
    """Keep the next part of a file; with the last one the file is kept and listed, not before.

    A part that came before may come again. A first part that differs from the one before begins the file anew.

    Raises:
        BadInput: path or numbers make no sense.
        TooLarge: the file is larger than the setting allows.
        NotFound: there is no such archive result.
        Conflict: it is not the part that is expected, the file is kept with other bytes, or a worker makes this output.
        EnvironmentProblem: the disk is full or not writable.
    """
    _check(chunk)
    snapshot_id = _row(result_id).snapshot_id
    with _alone(snapshot_id):
        row = _row(result_id)
        if chunk.path in row.output_files:
            _compare_kept(row, chunk)
            return
        parts = Parts(data_dir(), result_id, chunk.path)
        sent = (row.uploads or {}).get(chunk.path)
        if sent is None or (chunk.index == 0 and not _is_repeated(chunk, sent, parts)):
            data_dir().check_space(chunk.total_size)
            sent = {"received": 0, "next_index": 0}
        if not _is_repeated(chunk, sent, parts):
            _check_next(chunk, sent)
            _check_end(chunk)
            parts.write(chunk.offset, chunk.read())
            sent = _sent(chunk)
            _note(result_id, chunk.path, sent, told)
        if sent["next_index"] == sent["chunk_count"]:
            _finish(row, chunk, parts, told)


def _check(chunk: Chunk) -> None:
    check_path(chunk.path)
    check_size(chunk.total_size, chunk.path)
    if not 0 <= chunk.index < chunk.count or chunk.offset < 0:
        raise BadInput(f"chunk_index={chunk.index} of chunk_count={chunk.count} is no part; the first one is 0.")
    if chunk.count > max(chunk.total_size, 1):  # also keeps the number within what JSON and database hold
        raise BadInput(f"chunk_count={chunk.count} is more parts than chunk_total_size={chunk.total_size} has bytes.")


def _check_end(chunk: Chunk) -> None:
    is_last = chunk.index == chunk.count - 1
    if chunk.end > chunk.total_size or is_last != (chunk.end == chunk.total_size):
        raise BadInput(
            f"Part {chunk.index} of {chunk.count} ends at byte {chunk.end} of chunk_total_size={chunk.total_size};"
            " the last part, and no other, ends with the file."
        )


def _row(result_id: UUID) -> ArchiveResult:
    """Return the result; raise NotFound if it is gone, Conflict if a worker makes it."""
    row = ArchiveResult.objects.filter(pk=result_id).first()
    found = row and find_row(row.snapshot_id, row.plugin, row.hook_name)
    if found is None:
        raise NotFound(f"There is no archive result {result_id} in this archive.")
    return found


@contextmanager
def _alone(snapshot_id: UUID) -> Iterator[None]:
    """Take parts of a snapshot's files one after another, whoever sends them."""
    path = data_dir().snapshot_lock(snapshot_id)
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _compare_kept(row: ArchiveResult, chunk: Chunk) -> None:
    """Raise Conflict unless the file that is kept has the part."""
    kept = snapshot_files(row.snapshot_id).open(row.plugin, chunk.path)
    same, place = kept.size == chunk.total_size, chunk.offset
    for piece in chunk.read() if same else ():
        same = same and b"".join(kept.read_range(place, len(piece))) == piece
        place += len(piece)
    if not same:
        where = shorten(repr(f"{row.plugin}/{chunk.path}"))
        raise Conflict(f"{where} is kept already with other bytes, which stay; use another name.")


def _is_repeated(chunk: Chunk, sent: dict[str, Any], parts: Parts) -> bool:
    """Whether this very part has been taken already."""
    return (
        chunk.index < sent["next_index"]
        and chunk.end <= sent["received"]
        and (chunk.total_size, chunk.count) == (sent["total_size"], sent["chunk_count"])
        and parts.holds(chunk.offset, chunk.read())
    )


def _check_next(chunk: Chunk, sent: dict[str, Any]) -> None:
    where = shorten(chunk.path, 60)
    for name, value in (("total_size", chunk.total_size), ("chunk_count", chunk.count)):
        if sent.get(name, value) != value:
            raise Conflict(f"{where!r} began with {name}={sent[name]}, not {value}; begin it anew with its first part.")
    if (chunk.index, chunk.offset) != (sent["next_index"], sent["received"]):
        raise Conflict(
            f"The next part of {where!r} is chunk_index={sent['next_index']} at chunk_offset={sent['received']},"
            f" not {chunk.index} at {chunk.offset}."
        )


def _sent(chunk: Chunk) -> dict[str, Any]:
    return {
        "received": chunk.end,
        "total_size": chunk.total_size,
        "next_index": chunk.index + 1,
        "chunk_count": chunk.count,
        "mimetype": chunk.mimetype,
        "updated_at": timezone.now().isoformat(),
    }


def _note(result_id: UUID, path: str, sent: dict[str, Any], told: Told) -> None:
    with transaction.atomic():
        row = _row(result_id)
        row.uploads = {**(row.uploads or {}), path: sent}
        save_row(row, told)


def _finish(row: ArchiveResult, chunk: Chunk, parts: Parts, told: Told) -> None:
    files = snapshot_files(row.snapshot_id, upload_fence(row.snapshot_id, row.plugin, row.hook_name))
    upload = Upload(chunk.path, chunk.mimetype, parts.read(chunk.total_size))
    stored = files.add(row.plugin, [upload])
    with transaction.atomic():
        row = _row(row.pk)
        save_row(row, told, stored)
    parts.remove()
    await_the_rest(row)
    renew_manifest(row.snapshot_id)
