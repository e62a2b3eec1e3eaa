"""One snapshot: what was kept of it, and what can be done with it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pagekeep.archive.filters import SnapshotFilters
from pagekeep.archive.host_queries import why_it_waits
from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_queries import list_rows
from pagekeep.archive.queries import find_snapshot
from pagekeep.config.load import settings
from pagekeep.domain.errors import Conflict
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.keep_log import PLUGIN as LOG
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.retry_snapshot import missing_plugins, retry_snapshot
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.wiring import snapshot_files
from pagekeep.web.access import may_change, readers_only, staff_only
from pagekeep.web.outputs import chosen, outputs_of, tabs_of

OTHER_CAPTURES = 20
OPEN = (SnapshotStatus.QUEUED, SnapshotStatus.STARTED)


@require_safe
@readers_only
def page(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Show a snapshot; ``?output=<plugin>[/<path>]`` chooses what is in the frame."""
    snapshot = find_snapshot(reference)
    outputs = outputs_of(snapshot)
    shown = chosen(outputs, request.GET.get("output", ""))
    others = list_rows(SnapshotFilters(url=snapshot.url)).exclude(pk=snapshot.pk)[:OTHER_CAPTURES]
    context = {
        **live_context(snapshot),
        "shown": shown[0] if shown else None,
        "file": shown[1] if shown else None,
        "others": others,
        "has_log": bool(snapshot_files(snapshot.pk).files(LOG)),
        "may_change": may_change(request),
        "waits": why_it_waits(snapshot, settings().crawl_delay),
        "can_retry": snapshot.status not in OPEN and bool(missing_plugins(snapshot)),
    }
    return render(request, "pagekeep/snapshot.html", context)


def live_context(snapshot: Snapshot) -> dict[str, object]:
    """Return what the part of the page needs that changes while a snapshot is captured."""
    outputs = outputs_of(snapshot)
    waiting = ("queued", "started", "backoff")
    ended = sum(output.result.status not in waiting for output in outputs)
    return {"snapshot": snapshot, "outputs": outputs, "tabs": tabs_of(outputs), "num_ended": ended}


@require_POST
@staff_only
def retry(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Queue a snapshot again for the outputs it lacks."""
    snapshot = find_snapshot(reference, with_results=False)
    try:
        retry_snapshot(snapshot.pk)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "What is missing will be made in a moment; what is kept stays as it is.")
    return redirect("web:snapshot", str(snapshot.pk))


@require_POST
@staff_only
def cancel(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Stop work on a snapshot; what it has kept stays."""
    snapshot = find_snapshot(reference, with_results=False)
    if seal_snapshots([snapshot.pk]):
        messages.success(request, "Cancelled. Retry it to go on.")
    else:
        messages.info(request, "It had ended already.")
    return redirect("web:snapshot", str(snapshot.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def delete(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Ask, and on POST delete the snapshot with everything that only it keeps."""
    snapshot = find_snapshot(reference, with_results=False)
    if request.method != "POST":
        return render(request, "pagekeep/delete.html", {"snapshot": snapshot})
    remove_snapshots([snapshot.pk])
    messages.success(request, "The snapshot is deleted.")
    return redirect("web:index")
