"""``/core/archiveresults`` and ``/core/archiveresult/{id}``."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.results import (
    ArchiveResultQuery,
    ArchiveResultSchema,
    PagedArchiveResultSchema,
    result_object,
    result_objects,
)
from pagekeep.archive.queries import ResultFilters, find_result, list_results

router = Router(tags=["Archive results"])
_NO_FILTERS = set(PagingQuery.model_fields)


@router.get(
    "/archiveresults",
    operation_id="get_archiveresults",
    summary="List archive results",
    auth=any_token("read"),
    response=responses(PagedArchiveResultSchema),
)
def get_archiveresults(request: HttpRequest, query: Query[ArchiveResultQuery]) -> HttpResponse:
    """Newest first. Filters narrow together."""
    rows = list_results(ResultFilters(**query.model_dump(exclude=_NO_FILTERS)))
    return reply(page_of(rows, query, result_objects))


@router.get(
    "/archiveresult/{archiveresult_id}",
    operation_id="get_archiveresult",
    summary="Get an archive result by id or the beginning of its id",
    auth=any_token("read"),
    response=responses(ArchiveResultSchema, 404),
)
def get_archiveresult(request: HttpRequest, archiveresult_id: str) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    return reply(result_object(find_result(archiveresult_id).pk))
