"""Tags."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import PageFields, PagingQuery, creator_fields, example, one_of
from pagekeep.api.schemas.snapshots import SnapshotSchema, snapshot_objects
from pagekeep.archive.models import Snapshot, Tag
from pagekeep.archive.tag_queries import TAG_SORTS, WITH_SNAPSHOTS, tag_rows, tagged_last
from pagekeep.domain.errors import NotFound

MAX_SNAPSHOTS = 500

_EXAMPLE: dict[str, Any] = {
    "TYPE": "core.models.Tag",
    "id": 1,
    "modified_at": "2026-11-23T20:00:00Z",
    "created_at": "2026-11-23T20:00:00Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "name": "Long reads",
    "slug": "long-reads",
    "num_snapshots": 12,
    "snapshots": [],
}
_OF_TAG = {"success": True, "tag_id": 1, "tag_name": "Long reads"}


class TagSchema(Schema):
    TYPE: str = "core.models.Tag"
    id: int
    modified_at: datetime
    created_at: datetime
    created_by_id: str
    created_by_username: str
    name: str
    slug: str = Field(description="The name for addresses: lower case, joined by dashes; not always unique.")
    num_snapshots: int = Field(description="Snapshots on the lists that have it.")
    snapshots: list[SnapshotSchema] = Field(
        description=f"Those that got it last, the last first, at most {MAX_SNAPSHOTS}; empty in lists."
    )

    model_config = example(**_EXAMPLE)


class PagedTagSchema(PageFields):
    items: list[TagSchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_EXAMPLE]
    )


class TagQuery(PagingQuery):
    name: str | None = Field(None, description="The whole name; case does not matter.")
    slug: str | None = Field(None, description="The whole slug.")
    search: str | None = Field(None, description="Part of name or slug; case does not matter.")
    created_by: str | None = Field(None, description="Id or name of the user who made it.")
    created_by_id: str | None = None
    created_by_username: str | None = None
    year: str | None = Field(None, description="The year it was made in (UTC), four digits.")
    has_snapshots: str | None = Field(None, json_schema_extra=one_of(WITH_SNAPSHOTS))
    sort: str | None = Field(
        None,
        description="With `-` in front for descending. Newest first if absent.",
        json_schema_extra=one_of(f"{sign}{name}" for name in TAG_SORTS for sign in ("", "-")),
    )


class TagDeleteResponseSchema(Schema):
    success: bool
    tag_id: int
    deleted_count: int

    model_config = example(success=True, tag_id=1, deleted_count=1)


class TagCreateSchema(Schema):
    name: str = Field(description="At most 255 characters; a comma separates names and is in none.")

    model_config = example(name="Long reads")


class TagCreateResponseSchema(Schema):
    success: bool
    tag_id: int
    tag_name: str = Field(description="As it is kept: the case of whoever made it first.")
    created: bool = Field(description="False where there was one of this name, whatever its case.")

    model_config = example(**_OF_TAG, created=True)


class TagUpdateSchema(Schema):
    name: str = Field(description="No other tag's name, whatever its case.")

    model_config = example(name="Long reads")


class TagUpdateResponseSchema(Schema):
    success: bool
    tag_id: int
    tag_name: str

    model_config = example(**_OF_TAG)


class TagSnapshotRequestSchema(Schema):
    snapshot_id: str = Field(description="Id, beginning of the id, or timestamp.")
    tag_name: str | None = Field(None, description="Case does not matter.")
    tag_id: int | None = Field(None, description="Wins over `tag_name`.")

    model_config = example(snapshot_id="0199c0de-0000-7000-8000-000000000002", tag_name="Long reads")


class TagSnapshotResponseSchema(Schema):
    success: bool
    tag_id: int
    tag_name: str

    model_config = example(**_OF_TAG)


def tag_objects(tags: QuerySet[Tag]) -> list[dict[str, Any]]:
    """Return the fields of `TagSchema` for each tag, without snapshots."""
    return [
        {
            "TYPE": "core.models.Tag",
            "id": row["id"],
            "modified_at": row["modified_at"],
            "created_at": row["created_at"],
            **creator_fields(row),
            "name": row["name"],
            "slug": row["slug"],
            "num_snapshots": row["num_snapshots"],
            "snapshots": [],
        }
        for row in tag_rows(tags)
    ]


def tag_object(tag_id: int, *, with_snapshots: bool = True) -> dict[str, Any]:
    """Return the fields of `TagSchema`.

    Raises:
        NotFound: it was deleted in this moment.
    """
    found = tag_objects(Tag.objects.filter(pk=tag_id))
    if not found:
        raise NotFound(f"There is no tag {tag_id} in this archive any more.")
    if with_snapshots:
        ids = tagged_last([tag_id], MAX_SNAPSHOTS)[tag_id]
        listed = {item["id"]: item for item in snapshot_objects(Snapshot.objects.filter(pk__in=ids, hidden=False))}
        found[0]["snapshots"] = [listed[snapshot_id] for snapshot_id in ids if snapshot_id in listed]
    return found[0]
