"""Snapshots."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import Moment, PageFields, PagingQuery, creator_fields, example, one_of
from pagekeep.api.schemas.results import MinimalArchiveResultSchema, minimal_result_fields
from pagekeep.archive.filters import SEARCH_MODES, SNAPSHOT_SORTS
from pagekeep.archive.flat_rows import Row, snapshot_rows
from pagekeep.archive.models import Snapshot
from pagekeep.domain.errors import NotFound
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.change_snapshot import ACTIONS, SETTABLE

_EXAMPLE: dict[str, Any] = {
    "TYPE": "core.models.Snapshot",
    "id": "0199c0de-0000-7000-8000-000000000002",
    "crawl_id": "0199c0de-0000-7000-8000-000000000001",
    "persona": "Default",
    "created_by_id": "1",
    "created_by_username": "admin",
    "created_at": "2026-11-23T20:00:00Z",
    "modified_at": "2026-11-23T20:00:02Z",
    "status": "succeeded",
    "reason": "",
    "retry_at": None,
    "bookmarked_at": "2026-11-23T20:00:00Z",
    "downloaded_at": "2026-11-23T20:00:02Z",
    "url": "https://example.com/",
    "final_url": "https://example.com/",
    "response_status": 200,
    "depth": 0,
    "tags": ["news"],
    "title": "Example Domain",
    "timestamp": "1795464000.000000",
    "archive_path": "snapshot/0199c0de-0000-7000-8000-000000000002",
    "archive_size": 524288,
    "output_size": 524288,
    "num_archiveresults": 13,
    "archiveresults": [],
}


class SnapshotSchema(Schema):
    TYPE: str = "core.models.Snapshot"
    id: UUID
    crawl_id: UUID
    persona: str | None
    created_by_id: str
    created_by_username: str
    created_at: datetime
    modified_at: datetime
    status: str = Field(description="queued, started, paused, succeeded, failed or sealed.")
    reason: str = Field(description="Why it failed or was sealed: a sentence; empty otherwise.")
    retry_at: datetime | None
    bookmarked_at: datetime
    downloaded_at: datetime | None
    url: str
    final_url: str = Field(description="Where redirects led; empty before the page was opened.")
    response_status: int | None = Field(description="HTTP status of the page.")
    depth: int = Field(description="How many links away from the crawl's own URLs it is.")
    tags: list[str]
    title: str | None
    timestamp: str = Field(description="`bookmarked_at` as epoch seconds with six decimals; unique.")
    archive_path: str = Field(description="The web origin, `/` and this open the snapshot.")
    archive_size: int = Field(description="Bytes.")
    output_size: int = Field(description="Bytes.")
    num_archiveresults: int
    archiveresults: list[MinimalArchiveResultSchema] = Field(description="Empty unless asked for.")

    model_config = example(**_EXAMPLE)


class PagedSnapshotSchema(PageFields):
    items: list[SnapshotSchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_EXAMPLE]
    )


class SnapshotQuery(PagingQuery):
    id: str | None = Field(None, description="A part of the id, or the beginning of the timestamp.")
    created_by_id: str | None = Field(None, max_length=18)
    created_by_username: str | None = None
    created_at: Moment = None
    created_at__gte: Moment = None
    created_at__lt: Moment = None
    modified_at: Moment = None
    modified_at__gte: Moment = None
    modified_at__lt: Moment = None
    bookmarked_at: Moment = None
    bookmarked_at__gte: Moment = None
    bookmarked_at__lt: Moment = None
    search: str | None = Field(
        None,
        description='Part of URL, title, tag, id or timestamp, or, by `search_mode`, words of the text; `"quoted '
        'words"` follow each other. Case does not matter, nor do accents in texts.',
    )
    search_mode: str | None = Field(
        None,
        description="`meta`, which is also the default; `contents`: the page's text; `deep`: also the text of PDFs and "
        "of every page in the WARC.",
        json_schema_extra=one_of(SEARCH_MODES),
    )
    status: str | None = Field(None, json_schema_extra=one_of(SnapshotStatus))
    url: str | None = Field(None, description="The whole URL.")
    url__icontains: str | None = Field(None, description="Part of the URL; case does not matter.")
    url__istartswith: str | None = Field(None, description="Beginning of the URL; case does not matter.")
    domain: str | None = Field(None, description="Host name.")
    tag: str | None = Field(None, description="A tag's whole name; case does not matter.")
    title: str | None = Field(None, description="Part of the title.")
    timestamp: str | None = Field(None, description="Beginning of the timestamp.")
    crawl_id: str | None = Field(None, description="A crawl's id, or the beginning of it.")
    sort: str | None = Field(
        None,
        description="With `-` in front for descending. Newest first if absent.",
        json_schema_extra=one_of(f"{sign}{name}" for name in SNAPSHOT_SORTS for sign in ("", "-")),
    )
    with_archiveresults: bool = False


class SnapshotCreateSchema(Schema):
    url: str
    crawl_id: str | None = Field(None, description="None makes a crawl of its own.")
    depth: int = Field(0, description="0 to 4.")
    title: str | None = None
    tags: list[str] | None = Field(None, description="All it shall have.")
    status: str | None = Field(None, json_schema_extra=one_of(SETTABLE))

    model_config = example(url="https://example.com/", tags=["news"])


class SnapshotUpdateSchema(Schema):
    action: str | None = Field(None, json_schema_extra=one_of(ACTIONS))
    status: str | None = Field(
        None, description="`sealed` cancels the work that waits.", json_schema_extra=one_of(SETTABLE)
    )
    retry_at: Moment = Field(None, description="When a queued one is taken up.")
    tags: list[str] | None = Field(None, description="Replace the present ones.")
    title: str | None = Field(None, description="No capture replaces it; empty gives it back to the page.")

    model_config = example(action="retry")


class SnapshotDeleteResponseSchema(Schema):
    success: bool
    snapshot_id: str
    crawl_id: str
    deleted_count: int
    queued_count: int

    model_config = example(
        success=True, snapshot_id=_EXAMPLE["id"], crawl_id=_EXAMPLE["crawl_id"], deleted_count=1, queued_count=0
    )


def snapshot_objects(snapshots: QuerySet[Snapshot], *, with_results: bool = False) -> list[dict[str, Any]]:
    """Return the fields of `SnapshotSchema` for each snapshot."""
    return [_fields(row) for row in snapshot_rows(snapshots, with_results=with_results)]


def snapshot_object(snapshot_id: UUID, *, with_results: bool = True) -> dict[str, Any]:
    """Return the fields of `SnapshotSchema`.

    Raises:
        NotFound: it was deleted in this moment.
    """
    found = snapshot_objects(Snapshot.objects.filter(pk=snapshot_id), with_results=with_results)
    if not found:
        raise NotFound(f"There is no snapshot {snapshot_id} in this archive any more.")
    return found[0]


def _fields(row: Row) -> dict[str, Any]:
    creator = creator_fields(row)
    return {
        "TYPE": "core.models.Snapshot",
        "id": row["id"],
        "crawl_id": row["crawl_id"],
        "persona": row["persona"] or None,
        **creator,
        "created_at": row["created_at"],
        "modified_at": row["modified_at"],
        "status": row["status"],
        "reason": row["reason"],
        "retry_at": row["retry_at"],
        "bookmarked_at": row["bookmarked_at"],
        "downloaded_at": row["downloaded_at"],
        "url": row["url"],
        "final_url": row["final_url"],
        "response_status": row["response_status"],
        "depth": row["depth"],
        "tags": row["tags"],
        "title": row["title"] or None,
        "timestamp": row["timestamp"],
        "archive_path": f"snapshot/{row['id']}",
        "archive_size": row["output_size"],
        "output_size": row["output_size"],
        "num_archiveresults": row["num_results"],
        "archiveresults": [minimal_result_fields(result, creator) for result in row["results"]],
    }
