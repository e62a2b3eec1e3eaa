"""Crawls."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from pagekeep.api.schemas.common import creator_fields, example
from pagekeep.archive.models import Crawl
from pagekeep.domain.errors import NotFound

_EXAMPLE: dict[str, Any] = {
    "TYPE": "crawls.models.Crawl",
    "id": "0199c0de-0000-7000-8000-000000000001",
    "modified_at": "2026-11-23T20:00:02Z",
    "created_at": "2026-11-23T20:00:00Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "status": "sealed",
    "retry_at": None,
    "is_paused": False,
    "urls": "https://example.com/",
    "max_depth": 0,
    "tags_str": "news",
    "config": {},
}


class CrawlSchema(Schema):
    TYPE: str = "crawls.models.Crawl"
    id: UUID
    modified_at: datetime
    created_at: datetime
    created_by_id: str
    created_by_username: str
    status: str
    retry_at: datetime | None
    is_paused: bool
    urls: str
    max_depth: int
    tags_str: str
    config: dict[str, Any]

    model_config = example(**_EXAMPLE)


def crawl_object(crawl_id: UUID) -> dict[str, Any]:
    """Return the fields of `CrawlSchema`.

    Raises:
        NotFound: it was deleted in this moment.
    """
    crawl = Crawl.objects.select_related("created_by").filter(pk=crawl_id).first()
    if crawl is None:
        raise NotFound(f"There is no crawl {crawl_id} in this archive any more.")
    username = crawl.created_by.username if crawl.created_by else None
    return {
        "TYPE": "crawls.models.Crawl",
        "id": crawl.pk,
        "modified_at": crawl.modified_at,
        "created_at": crawl.created_at,
        **creator_fields({"created_by_id": crawl.created_by_id, "created_by_username": username}),
        "status": crawl.status,
        "retry_at": crawl.retry_at,
        "is_paused": crawl.is_paused,
        "urls": crawl.urls,
        "max_depth": crawl.max_depth,
        "tags_str": crawl.tags_str,
        "config": crawl.config,
    }
