"""Tags as cards: with their addresses, and a look at some of their snapshots."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.urls import reverse
from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import example
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.tag_queries import tagged_last
from pagekeep.domain.status import ResultStatus

SNAPSHOTS = 10
SORTS = {
    "created_desc": "-created_at",
    "created_asc": "created_at",
    "name_asc": "name",
    "name_desc": "-name",
    "count_desc": "-num_snapshots",
    "count_asc": "num_snapshots",
}
_SNAPSHOT = {
    "id": "0199c0de-0000-7000-8000-000000000002",
    "title": "Example Domain",
    "url": "https://example.com/",
    "favicon_url": "/snapshot/0199c0de-0000-7000-8000-000000000002/favicon/favicon.ico",
    "admin_url": "/admin/archive/snapshot/0199c0de-0000-7000-8000-000000000002/change/",
    "archive_url": "/snapshot/0199c0de-0000-7000-8000-000000000002/",
    "downloaded_at": "2026-11-23T20:00:02Z",
}
_CARD = {
    "id": 1,
    "name": "Long reads",
    "slug": "long-reads",
    "num_snapshots": 12,
    "filter_url": "/?tag=Long+reads",
    "edit_url": "/admin/archive/tag/1/change/",
    "export_urls_url": "/api/v1/core/tag/1/urls.txt",
    "export_jsonl_url": "/api/v1/core/tag/1/snapshots.jsonl",
    "rename_url": "/api/v1/core/tag/1/rename",
    "delete_url": "/api/v1/core/tag/1",
    "snapshots": [_SNAPSHOT],
}


class TagSearchSnapshotSchema(Schema):
    id: str
    title: str
    url: str
    favicon_url: str = Field(description="Empty where no icon is kept.")
    admin_url: str
    archive_url: str
    downloaded_at: str | None = None

    model_config = example(**_SNAPSHOT)


class TagSearchCardSchema(Schema):
    id: int
    name: str
    slug: str
    num_snapshots: int
    filter_url: str = Field(description="The list of its snapshots, below the web origin as all of these.")
    edit_url: str
    export_urls_url: str
    export_jsonl_url: str
    rename_url: str
    delete_url: str
    snapshots: list[TagSearchSnapshotSchema] = Field(
        description=f"Those that got it last, the last first, at most {SNAPSHOTS}."
    )

    model_config = example(**_CARD)


class TagSearchResponseSchema(Schema):
    tags: list[TagSearchCardSchema]
    sort: str
    created_by: str
    year: str
    has_snapshots: str

    model_config = example(tags=[_CARD], sort="created_desc", created_by="", year="", has_snapshots="all")


class TagSearchQuery(Schema):
    q: str = Field("", description="Part of name or slug; case does not matter.")
    sort: str = Field("created_desc", json_schema_extra={"enum": [*SORTS, ""]})
    created_by: str = Field("", description="Id or name of the user who made it.")
    year: str = Field("", description="The year it was made in (UTC), four digits.")
    has_snapshots: str = Field("all", description="all, yes or no.")
    limit: int = Field(200, ge=1, description="Tags; more than 500 count as 500.")


class TagAutocompleteSchema(Schema):
    tags: list[dict[str, Any]] = Field(description="`id, name, slug, num_snapshots` each; most used first.")

    model_config = example(tags=[{key: _CARD[key] for key in ("id", "name", "slug", "num_snapshots")}])


def tag_cards(tags: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the fields of `TagSearchCardSchema` for at most 500 rows of tags: 3 statements."""
    last = tagged_last([tag["id"] for tag in tags], SNAPSHOTS)
    looks = _looks({snapshot_id for ids in last.values() for snapshot_id in ids})
    return [
        {
            "id": tag["id"],
            "name": tag["name"],
            "slug": tag["slug"],
            "num_snapshots": tag["num_snapshots"],
            "filter_url": f"{reverse('web:index')}?{urlencode({'tag': tag['name']})}",
            "edit_url": reverse("admin:archive_tag_change", args=[tag["id"]]),
            "export_urls_url": reverse("api:export_tag_urls", args=[tag["id"]]),
            "export_jsonl_url": reverse("api:export_tag_snapshots", args=[tag["id"]]),
            "rename_url": reverse("api:rename_tag", args=[tag["id"]]),
            "delete_url": reverse("api:get_tag", args=[tag["id"]]),
            "snapshots": [looks[snapshot_id] for snapshot_id in last[tag["id"]] if snapshot_id in looks],
        }
        for tag in tags
    ]


def _looks(snapshot_ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    icons: dict[UUID, str] = {}
    kept = ArchiveResult.objects.filter(
        snapshot__in=snapshot_ids, plugin="favicon", hook_name="", status=ResultStatus.SUCCEEDED
    )
    for snapshot_id, files in kept.values_list("snapshot_id", "output_files"):
        if files:
            icons[snapshot_id] = next(iter(files))
    listed = Snapshot.objects.filter(pk__in=snapshot_ids, hidden=False)
    return {
        snapshot_id: {
            "id": snapshot_id,
            "title": title,
            "url": url,
            "favicon_url": f"/snapshot/{snapshot_id}/favicon/{quote(icons[snapshot_id])}"
            if snapshot_id in icons
            else "",
            "admin_url": reverse("admin:archive_snapshot_change", args=[snapshot_id]),
            "archive_url": f"/snapshot/{snapshot_id}/",
            "downloaded_at": downloaded_at,
        }
        for snapshot_id, title, url, downloaded_at in listed.values_list("pk", "title", "url", "downloaded_at")
    }
