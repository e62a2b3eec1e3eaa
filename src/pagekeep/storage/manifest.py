"""The manifest of a snapshot: ``manifest.json`` in its folder says what was visited and kept, without the database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import orjson

from pagekeep.domain.errors import EnvironmentProblem, NotFound
from pagekeep.domain.results import Result, StoredFile
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage.disk import disk_errors, open_file, open_folder, replace_file
from pagekeep.storage.recipe import PackedMember, packed_member, typed

MANIFEST_NAME = "manifest.json"
VERSION = 1

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive knows about one snapshot.

    Attributes:
        final_url: where redirects ended, or None if the page was not reached.
        response_status: HTTP status of the main response, or None.
        reason: why the snapshot is in its status, in one sentence; may be empty.
        created_at, started_at, ended_at: aware times; written as ISO 8601 in UTC.
        packed: the members of packed files, by ``<plugin>/<path>``.
    """

    snapshot_id: UUID
    url: str
    status: SnapshotStatus
    created_at: datetime
    final_url: str | None = None
    title: str | None = None
    response_status: int | None = None
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tags: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
    packed: Mapping[str, tuple[PackedMember, ...]] = field(default_factory=dict)


def to_json(manifest: Manifest) -> bytes:
    """Return the manifest as UTF-8 JSON; equal manifests give equal bytes."""
    value = {
        "version": VERSION,
        "snapshot_id": str(manifest.snapshot_id),
        "url": manifest.url,
        "final_url": manifest.final_url,
        "title": manifest.title,
        "response_status": manifest.response_status,
        "status": manifest.status.value,
        "reason": manifest.reason,
        "created_at": _time_text(manifest.created_at),
        "started_at": _time_text(manifest.started_at),
        "ended_at": _time_text(manifest.ended_at),
        "tags": list(manifest.tags),
        "results": [_result_json(result, manifest.packed) for result in manifest.results],
    }
    json.dumps(value, allow_nan=False)  # refuses what is no JSON, which orjson would write as null
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        # A page's title may hold half a surrogate pair; backslashreplace writes it as JSON's own \uXXXX.
        text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False)
        return f"{text}\n".encode(errors="backslashreplace")


def from_json(data: bytes) -> Manifest:
    """Read what ``to_json`` wrote.

    Raises:
        ValueError: it is no such manifest; the text says what is wrong with it.
    """
    try:
        known = typed(json.loads(data), dict)
        version = typed(known["version"], int)
        if version != VERSION:
            raise ValueError(f"its version is {version}, this Pagekeep reads version {VERSION}")
        results = [typed(result, dict) for result in typed(known["results"], list)]
        return Manifest(
            snapshot_id=UUID(typed(known["snapshot_id"], str)),
            url=typed(known["url"], str),
            final_url=_optional(known["final_url"], str),
            title=_optional(known["title"], str),
            response_status=_optional(known["response_status"], int),
            status=SnapshotStatus(typed(known["status"], str)),
            reason=typed(known["reason"], str),
            created_at=_time(known["created_at"]),
            started_at=_optional_time(known["started_at"]),
            ended_at=_optional_time(known["ended_at"]),
            tags=tuple(typed(tag, str) for tag in typed(known["tags"], list)),
            results=tuple(_result(result) for result in results),
            packed={
                f"{result['plugin']}/{file['path']}": tuple(packed_member(member) for member in file["packed"])
                for result in results
                for file in result["files"]
                if "packed" in file
            },
        )
    except KeyError as error:
        raise ValueError(f"it has no {error}") from error
    except (TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


def write(folder: Path, manifest: Manifest, work: Path) -> None:
    """Put the manifest into the snapshot's folder, atomically and durably.

    Args:
        work: a folder for temporary files, on the same file system.

    Raises:
        EnvironmentProblem: the disk is full or not writable.
    """
    with disk_errors(folder), open_folder(folder) as opened:
        replace_file(work, to_json(manifest), opened, MANIFEST_NAME)


def read(folder: Path) -> Manifest:
    """Read the manifest in a snapshot's folder.

    Raises:
        NotFound: there is none.
        EnvironmentProblem: it is damaged or from another version.
    """
    where = folder / MANIFEST_NAME
    try:
        return from_json(read_bytes(folder))
    except ValueError as error:
        raise EnvironmentProblem(f"The manifest {where} cannot be used ({error}); restore it from a backup.") from error


def read_bytes(folder: Path) -> bytes:
    """Return the manifest in a snapshot's folder as it is on disk.

    Raises:
        NotFound: there is none.
    """
    try:
        with disk_errors(folder), open_folder(folder) as opened, open_file(opened, MANIFEST_NAME) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{folder} holds no {MANIFEST_NAME}; the snapshot has not been captured yet.") from error


def _result_json(result: Result, packed: Mapping[str, tuple[PackedMember, ...]]) -> dict[str, object]:
    files: list[dict[str, object]] = []
    for file in result.files:
        members = packed.get(f"{result.plugin}/{file.path}")
        files.append(asdict(file) if members is None else {**asdict(file), "packed": [asdict(m) for m in members]})
    hook = {"hook_name": result.hook_name} if result.hook_name else {}
    return hook | {
        "plugin": result.plugin,
        "status": result.status.value,
        "summary": result.summary,
        "details": dict(result.details),
        "started_at": _time_text(result.started_at),
        "ended_at": _time_text(result.ended_at),
        "files": files,
    }


def _result(known: dict[str, object]) -> Result:
    return Result(
        plugin=typed(known["plugin"], str),
        status=ResultStatus(typed(known["status"], str)),
        summary=typed(known["summary"], str),
        details=typed(known["details"], dict),
        started_at=_time(known["started_at"]),
        ended_at=_time(known["ended_at"]),
        files=tuple(_file(typed(file, dict)) for file in typed(known["files"], list)),
        hook_name=typed(known.get("hook_name", ""), str),
    )


def _file(known: dict[str, object]) -> StoredFile:
    return StoredFile(
        path=typed(known["path"], str),
        size=typed(known["size"], int),
        sha256=typed(known["sha256"], str),
        mimetype=typed(known["mimetype"], str),
    )


def _time_text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(text: object) -> datetime:
    moment = datetime.fromisoformat(typed(text, str))
    if moment.tzinfo is None:
        raise ValueError(f"the time {text} has no time zone")
    return moment.astimezone(UTC)


def _optional_time(text: object) -> datetime | None:
    return None if text is None else _time(text)


def _optional(value: object, kind: type[_Value]) -> _Value | None:
    return None if value is None else typed(value, kind)
