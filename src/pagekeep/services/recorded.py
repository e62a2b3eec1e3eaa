"""What is recorded of a snapshot's outputs, and how it becomes the values the engine knows."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pagekeep.archive.models import ArchiveResult
from pagekeep.domain.results import Result, StoredFile
from pagekeep.domain.status import ResultStatus

UNMADE: dict[str, object] = {
    "status": ResultStatus.QUEUED,
    "output_str": "",
    "output_json": None,
    "output_files": {},
    "output_size": 0,
    "output_mimetypes": "",
    "start_ts": None,
    "end_ts": None,
}
"""The columns of an output that is to be made."""


class Recorded(NamedTuple):
    """What is recorded of an output: these columns of `ArchiveResult`."""

    plugin: str
    hook_name: str
    status: str
    created_at: datetime
    start_ts: datetime | None
    end_ts: datetime | None
    output_str: str
    output_json: dict[str, Any] | None
    output_files: dict[str, dict[str, Any]]
    uploads: dict[str, Any] | None


def results_of(snapshot_id: UUID) -> list[Recorded]:
    """Return a snapshot's recorded outputs in their order."""
    rows = ArchiveResult.objects.filter(snapshot_id=snapshot_id).order_by("position", "id")
    return [Recorded(*row) for row in rows.values_list(*Recorded._fields)]


def as_result(row: Recorded) -> Result:
    """Return a recorded output as the value the engine knows."""
    return Result(
        plugin=row.plugin,
        status=ResultStatus(row.status),
        summary=row.output_str,
        started_at=row.start_ts or row.created_at,
        ended_at=row.end_ts or row.created_at,
        files=tuple(
            StoredFile(path=path, size=file["size"], sha256=file["sha256"], mimetype=file["mimetype"])
            for path, file in row.output_files.items()
        ),
        details=row.output_json or {},
        hook_name=row.hook_name,
    )
