"""An archive result that clients upload to: whether they may, and how its record follows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput, Conflict, NotFound, TooLarge
from pagekeep.domain.results import StoredFile
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import shorten
from pagekeep.services.record_result import position_of, update_sums
from pagekeep.services.wiring import data_dir
from pagekeep.storage.disk import PRIVATE_FOLDER
from pagekeep.storage.uploads import remove_if_empty

OPEN = (ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.PAUSED, ResultStatus.BACKOFF)
_PLUGIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HOOK_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,128}")
_PLAIN = {status.value: f"Uploaded as {status}." for status in ResultStatus}
"""What is said of a result as long as nobody has said anything, and it has no file."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a client says of a result; None says nothing."""

    status: str | None = None
    output_str: str | None = None
    output_json: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.status and self.status not in list(ResultStatus):
            raise BadInput(f"status={self.status!r} is not known; allowed are {', '.join(ResultStatus)}.")


def check_names(plugin: str, hook_name: str) -> None:
    """Raise BadInput unless these can name an archive result, and the plugin a folder on every file system."""
    if not _PLUGIN.fullmatch(plugin):
        raise BadInput(
            f"plugin={shorten(plugin, 40)!r} cannot be used; it has up to 64 characters: a to z in lower case, digits,"
            " dashes and underscores."
        )
    if not _HOOK_NAME.fullmatch(hook_name):
        raise BadInput("hook_name cannot be used; it has up to 128 characters and no control characters.")


def check_size(size: int, path: str) -> None:
    """Raise TooLarge if a file has more bytes than the setting allows."""
    if size > settings().max_upload_size:
        raise TooLarge(
            f"{shorten(path, 60)!r} has {size} bytes; PAGEKEEP_MAX_UPLOAD_SIZE allows {settings().max_upload_size}."
        )


def find_row(snapshot_id: UUID, plugin: str, hook_name: str) -> ArchiveResult | None:
    """Return the result of this name that clients may upload to, None if there is none yet.

    Raises:
        NotFound: there is no such snapshot.
        Conflict: a worker makes this output right now.
    """
    status = Snapshot.objects.filter(pk=snapshot_id).values_list("status", flat=True).first()
    if status is None:
        raise NotFound(f"There is no snapshot {snapshot_id} in this archive.")
    row = ArchiveResult.objects.filter(snapshot_id=snapshot_id, plugin=plugin, hook_name=hook_name).first()
    if row is not None and row.uploads is None and status == SnapshotStatus.STARTED:
        raise Conflict(
            f"The output {plugin!r} of this snapshot is being captured right now; wait until that has ended,"
            " or upload under a hook_name of your own."
        )
    return row


def new_row(snapshot_id: UUID, plugin: str, hook_name: str) -> ArchiveResult:
    """Return a result that is not saved yet, started now."""
    now = timezone.now()
    return ArchiveResult(
        snapshot_id=snapshot_id,
        plugin=plugin,
        hook_name=hook_name,
        position=position_of(plugin),
        status=ResultStatus.STARTED,
        created_at=now,
        start_ts=now,
        uploads={},
    )


def said_of(row: ArchiveResult) -> str:
    """Return the line that somebody gave a result; empty if nobody did."""
    return "" if row.output_str in _PLAIN.values() else row.output_str.strip()


def save_row(row: ArchiveResult, told: Told, stored: Iterable[StoredFile] = ()) -> None:
    """Record files and what was told, and the snapshot's sums. Call it in the transaction that read the row.

    A result of which parts are missing never counts as succeeded.
    """
    row.uploads = row.uploads or {}
    for file in stored:
        row.output_files[file.path] = {
            "size": file.size,
            "mimetype": file.mimetype,
            "extension": PurePosixPath(file.path).suffix.removeprefix("."),
            "sha256": file.sha256,
            "upload": {"complete": True},
        }
        row.uploads.pop(file.path, None)
    if told.output_json is not None:
        row.output_json = dict(told.output_json)
    had_failed, row.status = (
        row.status == ResultStatus.FAILED,
        _status(row, told.status, told.output_str or row.output_str),
    )
    if told.output_str is not None:
        row.output_str = told.output_str
    elif had_failed and row.status != ResultStatus.FAILED:  # it says why it had failed
        row.output_str = ""
    row.output_str = said_of(row) or next(iter(row.output_files), "") or _PLAIN[row.status]
    now = timezone.now()
    row.start_ts = row.start_ts or now
    row.end_ts, row.retry_at = (None if row.status in OPEN else now), None
    row.output_size = sum(file["size"] for file in row.output_files.values())
    types = (str(file["mimetype"]).partition(";")[0] for file in row.output_files.values())
    row.output_mimetypes = ",".join(dict.fromkeys(types))
    row.save()
    update_sums(row.snapshot_id)


def await_the_rest(row: ArchiveResult) -> None:
    """Mark on disk that something of a result is still to come, so that `sweep_uploads` can give it up."""
    folder = data_dir().uploads / str(row.pk)
    if row.status in OPEN:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    else:
        remove_if_empty(folder)


def upload_fence(snapshot_id: UUID, plugin: str, hook_name: str) -> Callable[[], None]:
    """Return what stops an upload to a snapshot that is gone, or to an output that a worker makes right now."""

    def check() -> None:
        find_row(snapshot_id, plugin, hook_name)

    return check


def _status(row: ArchiveResult, told: str | None, said: str) -> str:
    if row.uploads and told in (None, "", ResultStatus.SUCCEEDED):
        return ResultStatus.STARTED
    if told:
        return told
    if row.status not in OPEN:
        return row.status
    made = row.output_files or row.output_json or said
    return ResultStatus.SUCCEEDED if made else ResultStatus.STARTED
