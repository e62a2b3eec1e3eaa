"""The list of snapshots, and the box that adds to it."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from pagekeep.archive.filters import SnapshotFilters
from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_queries import list_rows, most_used_tags
from pagekeep.archive.persona_queries import persona_choices
from pagekeep.archive.queries import archive_counts
from pagekeep.config.load import settings
from pagekeep.crawl.scope import MAX_DEPTH
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.find_snapshots import find_snapshots, passages
from pagekeep.services.tagging import split_tags
from pagekeep.web.access import may_change, readers_only, staff_only

PAGE_SIZE = 50
MOST_PAGES = 20_000
SEARCH_LABELS = {"": "Title, URL, tags", "contents": "Text of the page", "deep": "Text of all that is kept"}
DEPTHS = {
    "0": "Just these",
    "1": "And their links",
    "2": "2 links away",
    "3": "3 links away",
    "4": "4 links away",
}
SENTENCES = 8


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponseBase:
    """Show the newest snapshots; POST adds the URLs of the box. Strangers see the public list, where there is one."""
    if not may_change(request) and settings().public_index and request.method != "POST":
        return redirect("web:public")
    return _index(request)


@require_safe
@readers_only
def public(request: HttpRequest) -> HttpResponseBase:
    """Show the list to everyone, where the settings allow it."""
    return _show(request)


@staff_only
def _index(request: HttpRequest) -> HttpResponseBase:
    return _add(request) if request.method == "POST" else _show(request)


def _add(request: HttpRequest) -> HttpResponse:
    text, tags = request.POST.get("urls", ""), request.POST.get("tags", "")
    user = request.user if request.user.is_authenticated else None
    try:
        persona = request.POST.get("persona", "")
        depth = asked_depth(request)
        added = add_urls(pasted(text), user=user, tags=split_tags(tags), depth=depth, persona=persona)
    except BadInput as error:
        entered = {"entered": text, "entered_tags": tags, "refusal": str(error)}
        entered |= {f"entered_{name}": request.POST.get(name, "") for name in ("depth", "persona")}
        return _show(request, entered, status=400)
    report(request, added)
    return redirect("web:index")


def asked_depth(request: HttpRequest) -> int:
    """Return how many links away a form's crawl may go; 0 where it does not say.

    Raises:
        BadInput: there is no such depth.
    """
    depth = request.POST.get("depth", "") or "0"
    if depth not in DEPTHS:
        raise BadInput(f"depth={depth[:20]!r} is not possible; it goes from 0 to {MAX_DEPTH}.")
    return int(depth)


def pasted(text: str) -> list[str]:
    """Return what a form's field holds, as `add_urls` takes it: one text that is a URL or a list, in any format."""
    return [text.strip().replace("\r\n", "\n")] if text.strip() else []  # as forms end lines


def report(request: HttpRequest, added: Added) -> None:
    """Tell on the next page what was taken, what was known already and what was refused, each with its sentence."""
    taken = len(added.snapshots)
    if taken:
        messages.success(request, f"{taken} {'page is' if taken == 1 else 'pages are'} on the way into the archive.")
    if added.known:
        messages.info(request, f"{len(added.known)} of the URLs are archived already and were passed over.")
    for _, sentence in added.refused[:SENTENCES]:
        messages.error(request, sentence)
    if len(added.refused) > SENTENCES:
        messages.error(request, f"{len(added.refused) - SENTENCES} more were refused for reasons like these.")


def _show(request: HttpRequest, entered: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip() for name in ("search", "search_mode", "status", "tag")}
    filters = SnapshotFilters(
        search=asked["search"], search_mode=asked["search_mode"], status=asked["status"], tag=asked["tag"]
    )
    page = _page(request, filters)
    context = {
        "page": page,
        "asked": asked,
        "is_filtered": any(asked[name] for name in ("search", "status", "tag")),
        "search_modes": SEARCH_LABELS,
        "counts": archive_counts(),
        "statuses": list(SnapshotStatus),
        "tags": most_used_tags(),
        "may_change": may_change(request),
        "depths": DEPTHS,
        "personas": persona_choices() if may_change(request) else [],
        **(entered or {}),
    }
    return render(request, "pagekeep/index.html", context, status=status)


def _page(request: HttpRequest, filters: SnapshotFilters) -> "Page[Snapshot]":
    """Return the page asked for; ``passage`` of each snapshot is where its text holds what was searched for."""
    number = request.GET.get("page", "")
    until = min(int(number), MOST_PAGES) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    found = find_snapshots(filters, most=max(until, 1) * PAGE_SIZE)
    paginator = Paginator(found.narrow(list_rows(found.filters)), PAGE_SIZE)
    paginator.count = found.count()
    page = paginator.get_page(number)
    rows = list(page.object_list)
    found_in = passages(filters, rows)
    for row in rows:
        row.passage = found_in.get(row.timestamp, [])  # type: ignore[attr-defined]
    page.object_list = rows
    return page
