"""The schedules: when each runs next, what came of its last run, and buttons that pause, resume and run it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from pagekeep.archive.models import Schedule
from pagekeep.archive.schedule_queries import find_schedule, list_schedules, next_runs
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.urls import shorten, without_credentials
from pagekeep.services.change_schedules import pause_schedules, resume_schedules
from pagekeep.services.run_schedules import run_now
from pagekeep.web.access import staff_only

PAGE_SIZE = 50
DONE = {
    "pause": "{} is paused.",
    "resume": "{} runs again, from its next time on.",
    "run": "{} is queued.",
}


@require_safe
@staff_only
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the schedules, newest first; ``?part`` sends only what changes, for a page that keeps itself up to date."""
    found = Paginator(list_schedules().select_related("last_crawl"), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [_row(schedule) for schedule in found.object_list]
    template = "pagekeep/_schedules.html" if "part" in request.GET else "pagekeep/schedules.html"
    response = render(request, template, {"page": found, "rows": rows})
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@staff_only
def change(request: HttpRequest, schedule_id: str, action: str) -> HttpResponseBase:
    """Pause, resume or run a schedule; removing one is the administration's, which asks before."""
    if action not in DONE:
        raise BadInput(f"{action[:20]!r} cannot be done with a schedule; it can be paused, resumed and run.")
    try:
        schedule = find_schedule(schedule_id)
    except NotFound as error:  # it was removed since the page was shown
        messages.error(request, str(error))
        return redirect("web:schedules")
    match action:
        case "pause":
            pause_schedules([schedule.pk])
        case "resume":
            resume_schedules([schedule.pk])
        case _ if not run_now([schedule.pk]):
            schedule.refresh_from_db()
            messages.error(request, schedule.problem)
            return redirect("web:schedules")
    messages.success(request, DONE[action].format(shorten(without_credentials(schedule.url), 80)))
    return redirect("web:schedules")


def _row(schedule: Schedule) -> dict[str, Any]:
    return {"schedule": schedule, "runs": next_runs(schedule), "look": "succeeded" if schedule.is_enabled else "paused"}
