"""``/workers/``: what captures pages, what waits for it, and what it is told."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.workers import (
    OrchestratorSchema,
    PagedWorkerSchema,
    WorkerQuery,
    WorkerSchema,
    WorkerUpdateSchema,
    orchestrator_object,
    worker_objects,
)
from pagekeep.archive.worker_queries import WorkerFilters, find_worker, list_workers
from pagekeep.services.order_worker import order_worker

router = Router(tags=["Workers"])
_NO_FILTERS = set(PagingQuery.model_fields)


@router.get(
    "/workers",
    operation_id="get_workers",
    summary="List workers",
    auth=any_token("read"),
    response=responses(PagedWorkerSchema),
)
def get_workers(request: HttpRequest, query: Query[WorkerQuery]) -> HttpResponse:
    """The one started last comes first. A worker that has ended as it should is not listed; one that died is lost."""
    rows = list_workers(WorkerFilters(**query.model_dump(exclude=_NO_FILTERS)))
    return reply(page_of(rows, query, worker_objects))


@router.get(
    "/orchestrator",
    operation_id="get_orchestrator",
    summary="Show the queue and the workers at a glance",
    auth=any_token("read"),
    response=responses(OrchestratorSchema),
)
def get_orchestrator(request: HttpRequest) -> HttpResponse:
    """Counts are those of snapshots. Every worker takes pages from the one queue by itself."""
    return reply(orchestrator_object())


@router.get(
    "/worker/{worker_id}",
    operation_id="get_worker",
    summary="Get a worker by id, beginning of its id, or host:pid",
    auth=any_token("read"),
    response=responses(WorkerSchema, 404),
)
def get_worker(request: HttpRequest, worker_id: str) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    return reply(worker_objects([find_worker(worker_id)])[0])


@router.patch(
    "/worker/{worker_id}",
    operation_id="patch_worker",
    summary="Tell a worker to drain, to stop, or to resume",
    auth=any_token("admin"),
    response=responses(WorkerSchema, 404, 409, 413),
)
def patch_worker(request: HttpRequest, worker_id: str, body: WorkerUpdateSchema) -> HttpResponse:
    """It obeys within a second, but first ends the pages it holds. A lost worker obeys nothing: 409."""
    worker = order_worker(find_worker(worker_id).pk, body.action)
    call_of(request).stdout.append(f"Told {worker} to {body.action}.")
    return reply(worker_objects([worker])[0])
