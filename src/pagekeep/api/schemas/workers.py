"""Workers and the queue."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import PageFields, PagingQuery, example, one_of
from pagekeep.archive.models import Worker
from pagekeep.archive.queue import POLL
from pagekeep.archive.worker_queries import living_workers, pages_held, queue_counts, state_of, why_paused
from pagekeep.services.order_worker import ACTIONS

MODEL = "core.models.Snapshot"
MOST_WORKERS = 500

_PAGE: dict[str, Any] = {
    "snapshot_id": "0199c0de-0000-7000-8000-000000000002",
    "url": "https://example.com/",
    "step": "screenshot",
    "started_at": "2026-11-23T20:00:01Z",
}
_EXAMPLE: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000004",
    "name": "archive:4711",
    "model": MODEL,
    "hostname": "archive",
    "pid": 4711,
    "machine_id": "0199c0de-0000-7000-8000-000000000005",
    "state": "busy",
    "reason": "",
    "order": "",
    "started_at": "2026-11-23T19:00:00Z",
    "heartbeat_at": "2026-11-23T20:00:00Z",
    "max_concurrent_tasks": 2,
    "running_count": 1,
    "running_workers": [_PAGE],
    "succeeded": 120,
    "failed": 3,
    "pages_per_minute": 41.5,
}


class RunningPageSchema(Schema):
    snapshot_id: UUID
    url: str
    step: str = Field(description="What is done to the page now; empty before the first step.")
    started_at: datetime | None = Field(description="When the worker took it.")

    model_config = example(**_PAGE)


class WorkerSchema(Schema):
    id: UUID
    name: str
    model: str = Field(description="What it works on.")
    hostname: str
    pid: int
    machine_id: UUID | None
    state: str = Field(
        description="idle, busy, draining (takes nothing new), paused (the disk is nearly full) or "
        "lost (no sign of life for the lease)."
    )
    reason: str = Field(description="Why it is paused; empty where it is not.")
    order: str = Field(description="What it was told: drain, stop, or nothing.")
    started_at: datetime
    heartbeat_at: datetime = Field(description="Its last sign of life.")
    max_concurrent_tasks: int = Field(description="Pages it captures at a time.")
    running_count: int
    running_workers: list[RunningPageSchema] = Field(description="The pages it is capturing.")
    succeeded: int = Field(description="Pages since its start.")
    failed: int = Field(description="Pages since its start.")
    pages_per_minute: float = Field(description="Pages that ended, over the last five minutes.")

    model_config = example(**_EXAMPLE)


class PagedWorkerSchema(PageFields):
    items: list[WorkerSchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_EXAMPLE]
    )


class WorkerQuery(PagingQuery):
    state: str | None = Field(None, json_schema_extra=one_of(Worker.State))
    hostname: str | None = None


class WorkerUpdateSchema(Schema):
    action: str = Field(
        description="drain (take nothing new), stop (end the process) or resume; held pages end first.",
        json_schema_extra={"enum": list(ACTIONS)},
    )

    model_config = example(action="drain")


class QueuesSchema(Schema):
    queued: int = Field(description="Snapshots that any worker may take now.")
    started: int
    backoff: int = Field(description="Snapshots queued for a later moment, after a failed attempt.")
    paused: int

    model_config = example(queued=12, started=2, backoff=1, paused=0)


class OrchestratorSchema(Schema):
    is_running: bool = Field(description="Whether a worker lives.")
    poll_interval: float = Field(description="Seconds between two looks of a worker at an empty queue.")
    idle_timeout: float = Field(description="Seconds after which an idle worker ends; 0: it never does.")
    max_crawl_workers: int = Field(description="Pages that the living workers can capture at the same time.")
    total_worker_count: int
    workers: list[WorkerSchema] = Field(description="Those that live.")
    queues: QueuesSchema
    oldest_queued_at: datetime | None = Field(description="Since when the first queued snapshot has been due.")
    pages_per_minute: float = Field(description="Pages that ended, over the last five minutes of the living workers.")

    model_config = example(
        is_running=True,
        poll_interval=POLL,
        idle_timeout=0,
        max_crawl_workers=2,
        total_worker_count=1,
        workers=[_EXAMPLE],
        queues={"queued": 12, "started": 2, "backoff": 1, "paused": 0},
        oldest_queued_at="2026-11-23T19:59:00Z",
        pages_per_minute=41.5,
    )


def worker_objects(workers: Iterable[Worker]) -> list[dict[str, Any]]:
    """Return the fields of `WorkerSchema` for each worker: 2 statements."""
    rows = list(workers)
    held = pages_held([row.pk for row in rows])
    return [_fields(row, held.get(row.pk, [])) for row in rows]


def orchestrator_object() -> dict[str, Any]:
    """Return the fields of `OrchestratorSchema`: 6 statements."""
    workers, counts = worker_objects(living_workers()[:MOST_WORKERS]), queue_counts()
    return {
        "is_running": bool(workers),
        "poll_interval": POLL,
        "idle_timeout": 0,
        "max_crawl_workers": sum(worker["max_concurrent_tasks"] for worker in workers),
        "total_worker_count": len(workers),
        "workers": workers,
        "queues": {
            "queued": counts.queued,
            "started": counts.started,
            "backoff": counts.backoff,
            "paused": counts.paused,
        },
        "oldest_queued_at": counts.oldest_queued_at,
        "pages_per_minute": round(sum(worker["pages_per_minute"] for worker in workers), 2),
    }


def _fields(worker: Worker, pages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": worker.pk,
        "name": str(worker),
        "model": MODEL,
        "hostname": worker.hostname,
        "pid": worker.pid,
        "machine_id": worker.machine_id,
        "state": state_of(worker).value,
        "reason": why_paused(worker),
        "order": worker.order,
        "started_at": worker.started_at,
        "heartbeat_at": worker.heartbeat_at,
        "max_concurrent_tasks": worker.max_concurrent_tasks,
        "running_count": len(pages),
        "running_workers": pages,
        "succeeded": worker.succeeded,
        "failed": worker.failed,
        "pages_per_minute": worker.pages_per_minute,
    }
