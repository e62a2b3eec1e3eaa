"""Archive results."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import Moment, PageFields, PagingQuery, creator_fields, example, one_of
from pagekeep.archive.filters import RESULT_SORTS
from pagekeep.archive.flat_rows import Row, result_rows
from pagekeep.archive.models import ArchiveResult
from pagekeep.domain.errors import NotFound
from pagekeep.domain.status import ResultStatus

_EXAMPLE: dict[str, Any] = {
    "TYPE": "core.models.ArchiveResult",
    "id": "0199c0de-0000-7000-8000-000000000003",
    "created_at": "2026-11-23T20:00:00Z",
    "modified_at": "2026-11-23T20:00:02Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "status": "succeeded",
    "retry_at": None,
    "plugin": "title",
    "extractor": "title",
    "hook_name": "",
    "process_id": None,
    "cmd_version": None,
    "cmd": None,
    "pwd": None,
    "output_str": "Example Domain",
    "output": "Example Domain",
    "output_json": {},
    "output_files": {"title.txt": {"size": 14, "mimetype": "text/plain", "extension": "txt", "sha256": "3587c…"}},
    "output_size": 14,
    "output_mimetypes": "text/plain",
    "start_ts": "2026-11-23T20:00:01Z",
    "end_ts": "2026-11-23T20:00:02Z",
}
_OF_SNAPSHOT = {
    "snapshot_id": "0199c0de-0000-7000-8000-000000000002",
    "snapshot_timestamp": "1795464000.000000",
    "snapshot_url": "https://example.com/",
    "snapshot_tags": ["news"],
}


class MinimalArchiveResultSchema(Schema):
    TYPE: str = "core.models.ArchiveResult"
    id: UUID
    created_at: datetime | None
    modified_at: datetime | None
    created_by_id: str
    created_by_username: str
    status: str = Field(description="queued, started, paused, backoff, succeeded, failed, skipped or noresults.")
    retry_at: datetime | None = None
    plugin: str
    extractor: str = Field(description="The same as `plugin`.")
    hook_name: str
    process_id: UUID | None
    cmd_version: str | None
    cmd: list[str] | None
    pwd: str | None
    output_str: str = Field(description="One readable line: what was kept, or why nothing was.")
    output: str = Field(description="The same as `output_str`.")
    output_json: dict[str, Any] | None
    output_files: dict[str, dict[str, Any]] | None = Field(
        description="Path in the plugin's folder → size, mimetype, extension, sha256; of uploads also `upload`, whose"
        " `complete` is false as long as parts are missing: then only `upload` says what has come."
    )
    output_size: int = Field(description="Bytes.")
    output_mimetypes: str
    start_ts: datetime | None
    end_ts: datetime | None

    model_config = example(**_EXAMPLE)


class ArchiveResultSchema(MinimalArchiveResultSchema):
    snapshot_id: UUID
    snapshot_timestamp: str
    snapshot_url: str
    snapshot_tags: list[str]

    model_config = example(**_EXAMPLE, **_OF_SNAPSHOT)


class PagedArchiveResultSchema(PageFields):
    items: list[ArchiveResultSchema]

    model_config = example(
        total_items=1,
        total_pages=1,
        page=0,
        limit=200,
        offset=0,
        num_items=1,
        count=1,
        items=[{**_EXAMPLE, **_OF_SNAPSHOT}],
    )


class ArchiveResultQuery(PagingQuery):
    id: str | None = Field(None, description="A part of the id, or the beginning of the snapshot's timestamp.")
    search: str | None = Field(None, description="Part of URL, title, tag, timestamp, plugin, output or id.")
    snapshot_id: str | None = Field(None, description="Beginning of the snapshot's id or timestamp.")
    snapshot_url: str | None = Field(None, description="Part of the snapshot's URL.")
    snapshot_tag: str | None = Field(None, description="A tag of the snapshot.")
    status: str | None = Field(None, json_schema_extra=one_of(ResultStatus))
    output_str: str | None = Field(None, description="Part of the output's line.")
    output: str | None = Field(None, description="The same as `output_str`.")
    plugin: str | None = None
    extractor: str | None = Field(None, description="The same as `plugin`.")
    hook_name: str | None = None
    process_id: str | None = None
    cmd: str | None = None
    pwd: str | None = None
    cmd_version: str | None = None
    created_at: Moment = None
    created_at__gte: Moment = None
    created_at__lt: Moment = None
    sort: str | None = Field(
        None,
        description="With `-` in front for descending. Newest first if absent.",
        json_schema_extra=one_of(f"{sign}{name}" for name in RESULT_SORTS for sign in ("", "-")),
    )


def minimal_result_fields(row: Row, creator: dict[str, str]) -> dict[str, Any]:
    """Return the fields of `MinimalArchiveResultSchema`.

    Args:
        creator: from `creator_fields` of its crawl.
    """
    return {
        "TYPE": "core.models.ArchiveResult",
        "id": row["id"],
        "created_at": row["created_at"],
        "modified_at": row["modified_at"],
        **creator,
        "status": row["status"],
        "retry_at": row["retry_at"],
        "plugin": row["plugin"],
        "extractor": row["plugin"],
        "hook_name": row["hook_name"],
        "process_id": row["process_id"],
        "cmd_version": row["cmd_version"] or None,
        "cmd": row["cmd"],
        "pwd": row["pwd"] or None,
        "output_str": row["output_str"],
        "output": row["output_str"],
        "output_json": row["output_json"],
        "output_files": row["output_files"] | _unfinished(row["uploads"]),
        "output_size": row["output_size"],
        "output_mimetypes": row["output_mimetypes"],
        "start_ts": row["start_ts"],
        "end_ts": row["end_ts"],
    }


def _unfinished(uploads: dict[str, Any] | None) -> dict[str, Any]:
    """Return files of which parts are missing still, as they are shown among the output files."""
    return {
        path: {
            "size": sent["total_size"],
            "mimetype": sent["mimetype"],
            "extension": PurePosixPath(path).suffix.removeprefix("."),
            "sha256": None,
            "upload": {
                "complete": False,
                "received": sent["received"],
                "next_chunk_index": sent["next_index"],
                "chunk_count": sent["chunk_count"],
            },
        }
        for path, sent in (uploads or {}).items()
    }


def result_objects(results: QuerySet[ArchiveResult]) -> list[dict[str, Any]]:
    """Return the fields of `ArchiveResultSchema` for each result."""
    return [
        {
            **minimal_result_fields(row, creator_fields(row)),
            "snapshot_id": row["snapshot_id"],
            "snapshot_timestamp": row["snapshot_timestamp"],
            "snapshot_url": row["snapshot_url"],
            "snapshot_tags": row["snapshot_tags"],
        }
        for row in result_rows(results)
    ]


def result_object(result_id: UUID) -> dict[str, Any]:
    """Return the fields of `ArchiveResultSchema`.

    Raises:
        NotFound: it was deleted in this moment.
    """
    found = result_objects(ArchiveResult.objects.filter(pk=result_id))
    if not found:
        raise NotFound(f"There is no archive result {result_id} in this archive any more.")
    return found[0]
