"""``/core/any/{id}`` and ``/core/snapshots.rss``: what belongs to no single kind of object."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.pagination import MAX_LIMIT
from pagekeep.api.reply import reply
from pagekeep.api.rss import CONTENT_TYPE, feed, origin_of
from pagekeep.api.schemas.common import responses
from pagekeep.api.schemas.crawls import CrawlSchema, crawl_object
from pagekeep.api.schemas.feeds import FeedQuery
from pagekeep.api.schemas.results import ArchiveResultSchema, result_object
from pagekeep.api.schemas.snapshots import SnapshotSchema, snapshot_object
from pagekeep.api.schemas.tags import TagSchema, tag_object
from pagekeep.api.streams import text_responses
from pagekeep.archive.any_reference import find_any
from pagekeep.archive.flat_rows import snapshot_rows
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot
from pagekeep.archive.queries import SnapshotFilters, find_crawl, list_snapshots
from pagekeep.archive.tag_queries import made_by

router = Router(tags=["Snapshots"])
_ANY: Any = SnapshotSchema | ArchiveResultSchema | TagSchema | CrawlSchema
_FEED = '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>…</channel></rss>'


@router.get(
    "/any/{id}",
    operation_id="get_any",
    summary="Get a snapshot, archive result, tag or crawl by its id",
    auth=any_token("read"),
    response=responses(_ANY, 404),
)
def get_any(request: HttpRequest, id: str) -> HttpResponse:
    """Also by the beginning of an id, unless it fits several objects; tags by their number. `TYPE` says what it is."""
    found = find_any(id)
    if isinstance(found, Snapshot):
        return reply(snapshot_object(found.pk))
    if isinstance(found, ArchiveResult):
        return reply(result_object(found.pk))
    if isinstance(found, Crawl):
        return reply(crawl_object(found.pk))
    return reply(tag_object(found.pk))


@router.get(
    "/snapshots.rss",
    operation_id="get_snapshots_rss",
    summary="Follow the newest snapshots as RSS 2.0",
    auth=any_token("read"),
    **text_responses("application/rss+xml", _FEED, 404),
)
def get_snapshots_rss(request: HttpRequest, query: Query[FeedQuery]) -> HttpResponse:
    """Newest first; `before` leads to older ones. Items lead to the snapshots of this archive."""
    filters = SnapshotFilters(
        crawl_id=str(find_crawl(query.crawl_id).pk) if query.crawl_id else None,
        bookmarked_at__lt=query.before,
        tag=query.tag,
        search=query.search,
        status=query.status,
        domain=query.domain,
    )
    rows = list_snapshots(filters)
    if query.created_by:
        rows = rows.filter(made_by(query.created_by, "crawl__"))
    snapshots = snapshot_rows(rows[: min(query.limit, MAX_LIMIT)])
    content = feed("Pagekeep", f"{origin_of(request)}/", snapshots, "The newest snapshots of this archive.")
    return HttpResponse(content, content_type=CONTENT_TYPE, headers={"X-Content-Type-Options": "nosniff"})
