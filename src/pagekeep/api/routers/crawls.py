"""``/crawls/``."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of, user_of
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.rss import CONTENT_TYPE, feed, origin_of
from pagekeep.api.schemas.common import ErrorSchema, PagingQuery, responses
from pagekeep.api.schemas.crawls import (
    CrawlCreateSchema,
    CrawlDeleteResponseSchema,
    CrawlQuery,
    CrawlReadQuery,
    CrawlSchema,
    CrawlsSchema,
    CrawlUpdateSchema,
    crawl_object,
    crawl_objects,
)
from pagekeep.archive.crawl_queries import CrawlFilters, crawl_rows, list_crawls
from pagekeep.archive.flat_rows import snapshot_rows
from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.queries import find_crawl
from pagekeep.domain.urls import shorten
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.remove_crawl import remove_crawl
from pagekeep.services.tagging import split_tags

router = Router(tags=["Crawls"])
FEED_ITEMS = 1000
_NO_FILTERS = set(PagingQuery.model_fields)


@router.get(
    "/crawls",
    operation_id="get_crawls",
    summary="List crawls",
    auth=any_token("read"),
    response={200: CrawlsSchema, **dict.fromkeys((400, 403, 503), ErrorSchema)},
)
def get_crawls(request: HttpRequest, query: Query[CrawlQuery]) -> HttpResponse:
    """Newest first, as a bare array. `X-Total-Count` says how many fit, `Link` (RFC 8288) leads to the other pages."""
    filters = CrawlFilters(**query.model_dump(exclude=_NO_FILTERS))
    page = page_of(list_crawls(filters), query, lambda rows: crawl_objects(crawl_rows(rows)))
    response = reply(page["items"])
    response.headers["X-Total-Count"] = str(page["total_items"])
    if links := _links(request, page):
        response.headers["Link"] = links
    return response


@router.post(
    "/crawls",
    operation_id="create_crawl",
    summary="Archive URLs, or lists of them, and what they link to",
    auth=any_token("add"),
    response=responses(CrawlSchema, 413),
)
def create_crawl(request: HttpRequest, body: CrawlCreateSchema) -> HttpResponse:
    """The snapshots are queued; workers capture them later. What is refused is counted, and listed with the reason."""
    added = add_urls(
        body.urls,
        user=user_of(request),
        tags=split_tags(body.tags_str) if body.tags is None else body.tags,
        depth=body.max_depth,
        plugins=body.plugins,
        only_new=body.only_new,
        index_only=body.index_only,
        label=body.label,
        notes=body.notes,
        persona=body.persona,
        config=body.config,
        max_urls=body.max_urls,
        max_size=body.max_size,
        crawl_timeout=body.crawl_timeout,
        snapshot_max_size=body.snapshot_max_size,
    )
    _tell(request, added)
    return reply(crawl_object(added.crawl.pk))


@router.get(
    "/crawl/{crawl_id}",
    operation_id="get_crawl",
    summary="Get a crawl, with its snapshots if asked for, or as RSS",
    auth=any_token("read"),
    response=responses(CrawlSchema, 404),
    openapi_extra={"responses": {200: {"content": {"application/rss+xml": {"schema": {"type": "string"}}}}}},
)
def get_crawl(request: HttpRequest, crawl_id: str, query: Query[CrawlReadQuery]) -> HttpResponse:
    """By its id or the beginning of it. At most 10,000 snapshots come with it, 1,000 with their results."""
    crawl = find_crawl(crawl_id)
    if query.as_rss:
        return HttpResponse(_feed(request, crawl), content_type=CONTENT_TYPE)
    nested = {"with_snapshots": query.with_snapshots, "with_results": query.with_archiveresults}
    return reply(crawl_object(crawl.pk, **nested))


@router.patch(
    "/crawl/{crawl_id}",
    operation_id="patch_crawl",
    summary="Change a crawl, or pause, resume or cancel it",
    auth=any_token("admin"),
    response=responses(CrawlSchema, 404, 409, 413),
)
def patch_crawl(request: HttpRequest, crawl_id: str, body: CrawlUpdateSchema) -> HttpResponse:
    """What is absent or null stays as it is. Tags replace the crawl's own; those set by hand on snapshots stay."""
    crawl = find_crawl(crawl_id)
    tags = body.tags if body.tags is not None or body.tags_str is None else split_tags(body.tags_str)
    change_crawl(
        crawl.pk,
        user=user_of(request),
        action=body.action,
        status=body.status,
        retry_at=body.retry_at,
        tags=tags,
        label=body.label,
        notes=body.notes,
    )
    return reply(crawl_object(crawl.pk))


@router.delete(
    "/crawl/{crawl_id}",
    operation_id="delete_crawl",
    summary="Delete a crawl with its snapshots, their results and files",
    auth=any_token("admin"),
    response=responses(CrawlDeleteResponseSchema, 404),
)
def delete_crawl(request: HttpRequest, crawl_id: str) -> HttpResponse:
    """It is cancelled first; then all goes, however much it is."""
    crawl = find_crawl(crawl_id)
    number = remove_crawl(crawl.pk)
    return reply({"success": True, "crawl_id": crawl.pk, "deleted_count": 1, "deleted_snapshots": number})


def _links(request: HttpRequest, page: dict[str, Any]) -> str:
    """Return the other pages of a list as RFC 8288 writes them; the key in the query is never repeated."""
    last = max(page["total_pages"] - 1, 0) * page["limit"]
    offset, limit = page["offset"], page["limit"]
    places = {"first": 0, "prev": max(offset - limit, 0), "next": offset + limit, "last": last}
    if offset == 0:
        del places["prev"]
    if offset + limit >= page["total_items"]:
        del places["next"]
    asked = [(name, value) for name, value in request.GET.items() if name not in ("api_key", "page", "offset", "limit")]
    base = f"{origin_of(request)}{request.path}"
    return ", ".join(
        f'<{base}?{urlencode([*asked, ("limit", limit), ("offset", place)])}>; rel="{name}"'
        for name, place in places.items()
    )


def _feed(request: HttpRequest, crawl: Crawl) -> bytes:
    newest = Snapshot.objects.filter(crawl=crawl, hidden=False).order_by("-bookmarked_at", "-id")
    link = f"{origin_of(request)}/admin/core/crawl/{crawl.pk}/change/"
    title = f"Crawl {shorten(str(crawl), 100)}"
    return feed(title, link, snapshot_rows(newest[:FEED_ITEMS]), crawl.notes)


def _tell(request: HttpRequest, added: Added) -> None:
    call, number = call_of(request), len(added.snapshots)
    call.stdout.append(f"Crawl {added.crawl.pk} has {number} snapshot{'' if number == 1 else 's'}.")
    if added.refused:
        call.stderr.append(f"Refused {len(added.refused)}: {added.refused[0][1]}")
    if added.known:
        call.stderr.append(f"Passed over {len(added.known)} that are in the archive already (only_new).")
    if added.crawl.limit_reached:
        call.stderr.append(added.crawl.limit_reached)
