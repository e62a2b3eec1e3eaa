"""``/core/snapshots`` and ``/core/snapshot/{ref}``."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of, user_of
from pagekeep.api.pagination import last_of, page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.snapshots import (
    PagedSnapshotSchema,
    SnapshotCreateSchema,
    SnapshotDeleteResponseSchema,
    SnapshotQuery,
    SnapshotSchema,
    SnapshotUpdateSchema,
    snapshot_object,
    snapshot_objects,
)
from pagekeep.archive.queries import SnapshotFilters, find_crawl, find_snapshot
from pagekeep.domain.errors import NotFound
from pagekeep.services.change_snapshot import change_snapshot
from pagekeep.services.check_token import has_scope
from pagekeep.services.find_snapshots import find_snapshots
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.upsert_snapshot import upsert_snapshot

router = Router(tags=["Snapshots"])
_NO_FILTERS = {*PagingQuery.model_fields, "with_archiveresults"}


@router.get(
    "/snapshots",
    operation_id="get_snapshots",
    summary="List snapshots",
    auth=any_token("read"),
    response=responses(PagedSnapshotSchema),
)
def get_snapshots(request: HttpRequest, query: Query[SnapshotQuery]) -> HttpResponse:
    """Newest first. Filters narrow together."""
    filters = SnapshotFilters(**query.model_dump(exclude=_NO_FILTERS))
    objects = partial(snapshot_objects, with_results=query.with_archiveresults)
    found = find_snapshots(filters, most=last_of(query))
    return reply(page_of(found.rows(), query, objects, found.count()))


@router.post(
    "/snapshots",
    operation_id="create_snapshot",
    summary="Make a snapshot, or change the one of this URL and crawl",
    auth=any_token("add"),
    response=responses(SnapshotSchema, 404, 409, 413),
)
def create_snapshot(request: HttpRequest, body: SnapshotCreateSchema) -> HttpResponse:
    """The snapshot is queued; a worker captures it later. Changing one that is there needs the scope `admin`."""
    token = call_of(request).token
    snapshot, _ = upsert_snapshot(
        body.url,
        user=user_of(request),
        crawl=find_crawl(body.crawl_id) if body.crawl_id else None,
        depth=body.depth,
        title=body.title,
        tags=body.tags,
        status=body.status,
        may_change=token is None or has_scope(token, "admin"),
    )
    return reply(snapshot_object(snapshot.pk))


@router.get(
    "/snapshot/{snapshot_id}",
    operation_id="get_snapshot",
    summary="Get a snapshot by id, beginning of its id, or timestamp",
    auth=any_token("read"),
    response=responses(SnapshotSchema, 404),
)
def get_snapshot(request: HttpRequest, snapshot_id: str, with_archiveresults: bool = True) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    snapshot = find_snapshot(snapshot_id, with_results=False)
    return reply(snapshot_object(snapshot.pk, with_results=with_archiveresults))


@router.patch(
    "/snapshot/{snapshot_id}",
    operation_id="patch_snapshot",
    summary="Change a snapshot, or cancel, pause, resume or retry its capture",
    auth=any_token("admin"),
    response=responses(SnapshotSchema, 404, 409, 413),
)
def patch_snapshot(request: HttpRequest, snapshot_id: str, body: SnapshotUpdateSchema) -> HttpResponse:
    """What is absent or null stays as it is."""
    snapshot = find_snapshot(snapshot_id, with_results=False)
    change_snapshot(
        snapshot.pk,
        user=user_of(request),
        action=body.action,
        status=body.status,
        retry_at=body.retry_at,
        tags=body.tags,
        title=body.title,
    )
    return reply(snapshot_object(snapshot.pk))


@router.delete(
    "/snapshot/{snapshot_id}",
    operation_id="delete_snapshot",
    summary="Delete a snapshot with its results and files",
    auth=any_token("admin"),
    response=responses(SnapshotDeleteResponseSchema, 404),
)
def delete_snapshot(request: HttpRequest, snapshot_id: str) -> HttpResponse:
    """It is gone from every list at once."""
    snapshot = find_snapshot(snapshot_id, with_results=False)
    removed = remove_snapshots([snapshot.pk])
    if not removed.snapshot_ids:
        raise NotFound(f"The snapshot {snapshot.pk} was deleted by someone else in this moment.")
    return reply(
        {
            "success": True,
            "snapshot_id": snapshot.pk,
            "crawl_id": snapshot.crawl_id,
            "deleted_count": len(removed.snapshot_ids),
            "queued_count": 0,
        }
    )
