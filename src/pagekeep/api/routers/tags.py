"""``/core/tags*`` and ``/core/tag/{id}*``."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from orjson import OPT_UTC_Z, dumps

from pagekeep.api.auth import PublicIndex, any_token
from pagekeep.api.call import user_of
from pagekeep.api.pagination import MAX_LIMIT, page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.snapshots import snapshot_objects
from pagekeep.api.schemas.tag_cards import (
    SORTS,
    TagAutocompleteSchema,
    TagSearchQuery,
    TagSearchResponseSchema,
    tag_cards,
)
from pagekeep.api.schemas.tags import (
    PagedTagSchema,
    TagCreateResponseSchema,
    TagCreateSchema,
    TagDeleteResponseSchema,
    TagQuery,
    TagSchema,
    TagSnapshotRequestSchema,
    TagSnapshotResponseSchema,
    TagUpdateResponseSchema,
    TagUpdateSchema,
    tag_object,
    tag_objects,
)
from pagekeep.api.streams import stream, text_responses
from pagekeep.archive.filters import check_choice
from pagekeep.archive.models import Snapshot, Tag
from pagekeep.archive.queries import find_snapshot
from pagekeep.archive.tag_queries import (
    TagFilters,
    complete_name,
    each_tagged,
    find_tag,
    list_tags,
    require_tag,
    tag_rows,
)
from pagekeep.services.create_tag import create_tag as create
from pagekeep.services.delete_tag import delete_tag as delete
from pagekeep.services.rename_tag import rename_tag as rename
from pagekeep.services.tag_snapshot import tag_snapshot, untag_snapshot

router = Router(tags=["Tags"])
_NO_FILTERS = set(PagingQuery.model_fields)
_SUGGESTIONS = 50


@router.get(
    "/tags",
    operation_id="get_tags",
    summary="List tags",
    auth=any_token("read"),
    response=responses(PagedTagSchema),
)
def get_tags(request: HttpRequest, query: Query[TagQuery]) -> HttpResponse:
    """Newest first. Filters narrow together."""
    filters = TagFilters(**query.model_dump(exclude=_NO_FILTERS))
    return reply(page_of(list_tags(filters), query, tag_objects))


@router.get(
    "/tags/search/",
    operation_id="search_tags",
    summary="Find tags, with their addresses and a look at their snapshots",
    auth=any_token("read"),
    response=responses(TagSearchResponseSchema),
)
def search_tags(request: HttpRequest, query: Query[TagSearchQuery]) -> HttpResponse:
    """Each with the ten snapshots that got it last."""
    sort, has_snapshots = query.sort or "created_desc", query.has_snapshots or "all"
    check_choice("sort", sort, SORTS)
    filters = TagFilters(
        search=query.q,
        created_by=query.created_by,
        year=query.year,
        has_snapshots=has_snapshots,
        sort=SORTS[sort],
    )
    tags = list_tags(filters)[: min(query.limit, MAX_LIMIT)]
    return reply(
        {
            "tags": tag_cards(tag_rows(tags)),
            "sort": sort,
            "created_by": query.created_by,
            "year": query.year,
            "has_snapshots": has_snapshots,
        }
    )


@router.get(
    "/tags/autocomplete/",
    operation_id="autocomplete_tags",
    summary="Suggest tags for what has been typed",
    auth=[*any_token("read"), PublicIndex()],
    response=responses(TagAutocompleteSchema),
)
def autocomplete_tags(request: HttpRequest, q: str = "") -> HttpResponse:
    """The fifty most used tags whose name holds the text. Needs no token where the public index is on."""
    columns = ("id", "name", "slug", "num_snapshots")
    return reply({"tags": list(complete_name(q, _SUGGESTIONS).values(*columns))})


@router.post(
    "/tags/create/",
    operation_id="create_tag",
    summary="Make a tag, unless there is one of this name",
    auth=any_token("add"),
    response=responses(TagCreateResponseSchema, 413),
)
def create_tag(request: HttpRequest, body: TagCreateSchema) -> HttpResponse:
    """Case does not matter: the tag that is there keeps its own."""
    tag, created = create(body.name, user_of(request))
    return reply({**_of(tag), "created": created})


@router.post(
    "/tags/add-to-snapshot/",
    operation_id="add_tag_to_snapshot",
    summary="Put a tag on a snapshot",
    auth=any_token("admin"),
    response=responses(TagSnapshotResponseSchema, 404, 413),
)
def add_tag_to_snapshot(request: HttpRequest, body: TagSnapshotRequestSchema) -> HttpResponse:
    """A tag of a new name is made. On it already is fine."""
    snapshot = find_snapshot(body.snapshot_id, with_results=False)
    return reply(_of(tag_snapshot(snapshot.pk, user=user_of(request), name=body.tag_name, tag_id=body.tag_id)))


@router.post(
    "/tags/remove-from-snapshot/",
    operation_id="remove_tag_from_snapshot",
    summary="Take a tag off a snapshot",
    auth=any_token("admin"),
    response=responses(TagSnapshotResponseSchema, 404, 413),
)
def remove_tag_from_snapshot(request: HttpRequest, body: TagSnapshotRequestSchema) -> HttpResponse:
    """Not on it is fine; a tag that does not exist is 404."""
    snapshot = find_snapshot(body.snapshot_id, with_results=False)
    return reply(_of(untag_snapshot(snapshot.pk, name=body.tag_name, tag_id=body.tag_id)))


@router.get(
    "/tag/{tag_id}",
    operation_id="get_tag",
    summary="Get a tag by id, name or slug",
    auth=any_token("read"),
    response=responses(TagSchema, 404),
)
def get_tag(request: HttpRequest, tag_id: str, with_snapshots: bool = True) -> HttpResponse:
    """A number is an id first. With the 500 snapshots that got it last; `GET snapshots?tag=` pages through all."""
    return reply(tag_object(find_tag(tag_id).pk, with_snapshots=with_snapshots))


@router.delete(
    "/tag/{tag_id}",
    operation_id="delete_tag",
    summary="Delete a tag; its snapshots stay",
    auth=any_token("admin"),
    response=responses(TagDeleteResponseSchema, 404),
)
def delete_tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    """It is taken off every snapshot."""
    delete(tag_id)
    return reply({"success": True, "tag_id": tag_id, "deleted_count": 1})


@router.post(
    "/tag/{tag_id}/rename",
    operation_id="rename_tag",
    summary="Rename a tag on all its snapshots",
    auth=any_token("admin"),
    response=responses(TagUpdateResponseSchema, 404, 413),
)
def rename_tag(request: HttpRequest, tag_id: int, body: TagUpdateSchema) -> HttpResponse:
    """Another tag's name is refused; only the case of its own may change."""
    return reply(_of(rename(tag_id, body.name)))


@router.get(
    "/tag/{tag_id}/urls.txt",
    operation_id="export_tag_urls",
    summary="Get the URLs of all snapshots of a tag, one a line",
    auth=any_token("read"),
    **text_responses("text/plain", "https://example.com/\n", 404),
)
def export_tag_urls(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Those that got the tag last first; sent while it is read."""
    tag = require_tag(tag_id)
    lines = ("".join(f"{url}\n" for _, url in some).encode() for some in each_tagged(tag.pk))
    return stream(lines, "text/plain; charset=utf-8", f"tag-{tag.pk}-urls.txt")


@router.get(
    "/tag/{tag_id}/snapshots.jsonl",
    operation_id="export_tag_snapshots",
    summary="Get all snapshots of a tag, one JSON object a line",
    auth=any_token("read"),
    **text_responses("application/x-ndjson", '{"TYPE": "core.models.Snapshot", "url": "https://example.com/"}\n', 404),
)
def export_tag_snapshots(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Each as a single read without results shows it. Those that got the tag last first; sent while it is read."""
    tag = require_tag(tag_id)
    return stream(_jsonl(tag.pk), "application/x-ndjson", f"tag-{tag.pk}-snapshots.jsonl")


def _jsonl(tag_id: int) -> Iterator[bytes]:
    for some in each_tagged(tag_id):
        ids = [snapshot_id for snapshot_id, _ in some]
        listed = {item["id"]: item for item in snapshot_objects(Snapshot.objects.filter(pk__in=ids))}
        lines = (dumps(listed[snapshot_id], option=OPT_UTC_Z) + b"\n" for snapshot_id in ids if snapshot_id in listed)
        yield b"".join(lines)


def _of(tag: Tag) -> dict[str, object]:
    return {"success": True, "tag_id": tag.pk, "tag_name": tag.name}
