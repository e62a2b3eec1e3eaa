"""What happens right now, for pages that keep themselves up to date."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_queries import active_crawls, list_rows
from pagekeep.archive.queries import ArchiveCounts, archive_counts, find_snapshot
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.web.access import may_change, readers_only
from pagekeep.web.templatetags.pagekeep import is_open
from pagekeep.web.views.snapshot import live_context

MAX_ROWS = 100


@require_safe
@readers_only
def progress(request: HttpRequest) -> HttpResponseBase:
    """Return what goes on, and the rows (``?row=<id>``, repeated) or the part of a page (``?page=<id>``) asked for."""
    counts = archive_counts()
    crawls = [
        {"label": str(crawl), "status": crawl.status, "started": crawl.created_at.isoformat()}
        for crawl in active_crawls()
    ]
    return JsonResponse(
        {
            "crawls_active": counts.active_crawls,
            "active_crawls": crawls,
            "collection": {"snapshots": counts.snapshots, "bytes": counts.output_size},
            "open": _open(counts),
            "activity": render_to_string("pagekeep/_activity.html", {"counts": counts}, request),
            "parts": [*_rows(request), *_page(request)],
        },
        headers={"Cache-Control": "no-store"},
    )


def _open(counts: ArchiveCounts) -> int:
    return counts.by_status["queued"] + counts.by_status["started"]


def _rows(request: HttpRequest) -> list[dict[str, object]]:
    asked = [_uuid(text) for text in request.GET.getlist("row")[:MAX_ROWS]]
    if not asked:
        return []
    return [_part(request, "pagekeep/_row.html", row, {}) for row in list_rows().filter(pk__in=asked)]


def _page(request: HttpRequest) -> list[dict[str, object]]:
    if "page" not in request.GET:
        return []
    try:
        snapshot = find_snapshot(request.GET["page"])
    except NotFound:  # deleted meanwhile: the page learns it when it is loaded again
        return []
    return [_part(request, "pagekeep/_live.html", snapshot, live_context(snapshot))]


def _part(request: HttpRequest, template: str, snapshot: Snapshot, more: dict[str, object]) -> dict[str, object]:
    context = {"snapshot": snapshot, "may_change": may_change(request), **more}
    html = render_to_string(template, context, request)
    return {"id": str(snapshot.pk), "open": is_open(snapshot), "html": html}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"row={text[:40]!r} is no id.") from None
