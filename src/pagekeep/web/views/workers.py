"""The workers: what they capture, what waits for them, and buttons that tell them what to do."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from pagekeep.archive.models import Worker
from pagekeep.archive.worker_queries import find_worker, list_workers, pages_held, queue_counts, state_of, why_paused
from pagekeep.domain.errors import Conflict, NotFound
from pagekeep.services.order_worker import order_worker
from pagekeep.web.access import staff_only

SHOWN = 100
SENTENCES = {
    "drain": "{} ends what it holds and takes nothing new until you resume it.",
    "stop": "{} ends what it holds, and then its process.",
    "resume": "{} takes pages again.",
}
LOOKS = {"idle": "succeeded", "busy": "started", "draining": "paused", "paused": "paused", "lost": "failed"}
"""Which status of a snapshot a state looks like."""
LABELS = {"idle": "Idle", "busy": "Busy", "draining": "Draining", "paused": "Paused", "lost": "Lost"}


@require_safe
@staff_only
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the workers; ``?part`` sends only what changes, for a page that keeps itself up to date."""
    template = "pagekeep/_workers.html" if "part" in request.GET else "pagekeep/workers.html"
    response = render(request, template, _context())
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@staff_only
def order(request: HttpRequest, worker_id: str, action: str) -> HttpResponseBase:
    """Tell a worker what to do."""
    try:
        worker = order_worker(find_worker(worker_id).pk, action)
    except (Conflict, NotFound) as error:  # it has ended, or died, since the page was shown
        messages.error(request, str(error))
    else:
        messages.success(request, SENTENCES[action].format(worker))
    return redirect("web:workers")


def _context() -> dict[str, Any]:
    workers = list(list_workers()[:SHOWN])
    held = pages_held([worker.pk for worker in workers])
    rows = [_row(worker, held.get(worker.pk, [])) for worker in workers]
    living = [row["worker"] for row in rows if row["state"] != Worker.State.LOST]
    return {
        "rows": rows,
        "queue": queue_counts(),
        "pages_per_minute": sum(worker.pages_per_minute for worker in living),
        "living": len(living),
    }


def _row(worker: Worker, pages: list[dict[str, Any]]) -> dict[str, Any]:
    state = state_of(worker)
    is_stopping = worker.order == Worker.Order.STOP and state != Worker.State.LOST
    return {
        "worker": worker,
        "state": state,
        "look": LOOKS[state],
        "label": "Stopping" if is_stopping else LABELS[state],
        "why": why_paused(worker),
        "pages": pages,
    }
