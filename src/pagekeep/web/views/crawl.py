"""One crawl: how far it has come, what it did not take, and what can be done with it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from pagekeep.archive.crawl_queries import crawl_rows, list_refusals, list_sitemaps, refusals_by_rule
from pagekeep.archive.filters import SnapshotFilters
from pagekeep.archive.models import Crawl
from pagekeep.archive.page_queries import list_rows
from pagekeep.archive.queries import find_crawl
from pagekeep.domain.errors import BadInput, Conflict
from pagekeep.domain.status import CrawlStatus
from pagekeep.services.change_crawl import change_crawl
from pagekeep.web.access import may_change, staff_only

PAGE_SIZE = 50
REFUSALS = 200
SITEMAPS = 100
DONE = {
    "pause": "Paused. Pages that are being captured may end.",
    "resume": "It goes on.",
    "cancel": "Cancelled. What is kept stays.",
}


@require_safe
@staff_only
def page(request: HttpRequest, crawl_id: UUID) -> HttpResponseBase:
    """Show a crawl with its snapshots, newest first, its sitemaps, and what was refused with the reasons."""
    crawl = find_crawl(str(crawl_id))
    (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk))
    snapshots = list_rows(SnapshotFilters(crawl_id=str(crawl.pk)))
    sitemaps = list_sitemaps(crawl.pk)
    context = {
        "crawl": crawl,
        "counts": row,
        "is_open": crawl.status != CrawlStatus.SEALED,
        "sitemaps": sitemaps[:SITEMAPS],
        "more_sitemaps": max(0, sitemaps.count() - SITEMAPS),
        "refused": refusals_by_rule(crawl.pk).items(),
        "refusals": list_refusals(crawl.pk)[:REFUSALS],
        "page": Paginator(snapshots, PAGE_SIZE).get_page(request.GET.get("page")),
        "may_change": may_change(request),
    }
    return render(request, "pagekeep/crawl.html", context)


@require_POST
@staff_only
def change(request: HttpRequest, crawl_id: UUID, action: str) -> HttpResponseBase:
    """Pause, resume or cancel a crawl."""
    if action not in DONE:
        raise BadInput(f"{action[:20]!r} cannot be done with a crawl; it can be paused, resumed and cancelled.")
    crawl = find_crawl(str(crawl_id))
    user = request.user if request.user.is_authenticated else None
    asked = {"status": CrawlStatus.SEALED} if action == "cancel" else {"action": action}
    try:
        change_crawl(crawl.pk, user=user, **asked)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, DONE[action])
    return redirect("web:crawl", crawl.pk)
