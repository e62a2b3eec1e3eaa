"""``/archive/…``: captures by URL or timestamp, where links made for other archives look for them."""

import re
from urllib.parse import quote

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.url_queries import captures_beginning, find_by_timestamp, newest_capture
from pagekeep.domain.url_spellings import beginnings, spellings
from pagekeep.domain.urls import without_credentials
from pagekeep.web.access import may_change, readers_only

SHOWN = 100
_TIMESTAMP = re.compile(r"(\d{5,12}(?:\.\d{1,6})?)(?:/(.*))?", re.DOTALL)


@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """Lead to the list: no URL was asked for."""
    return redirect("web:index")


@require_safe
@readers_only
def archived(request: HttpRequest, asked: str) -> HttpResponseBase:
    """Lead to a capture. Behind a URL the query is part of it."""
    if match := _TIMESTAMP.fullmatch(asked):
        return _by_timestamp(request, match[1], match[2])
    query = request.META.get("QUERY_STRING", "")
    return _by_url(request, f"{asked}?{query}" if query else asked)


def _by_url(request: HttpRequest, asked: str) -> HttpResponseBase:
    newest = newest_capture(spellings(asked))
    if newest is not None:
        return redirect("web:snapshot", str(newest.pk))
    found = captures_beginning(beginnings(asked), SHOWN + 1)
    context = {
        "asked": without_credentials(beginnings(asked)[0]),
        "found": found[:SHOWN],
        "has_more": len(found) > SHOWN,
        "may_change": may_change(request),
        "list": "/" if may_change(request) else "/public/",
    }
    return render(request, "pagekeep/captures.html", context, status=200 if found else 404)


def _by_timestamp(request: HttpRequest, timestamp: str, rest: str | None) -> HttpResponseBase:
    if rest is None:
        return HttpResponseRedirect(request.get_full_path(force_append_slash=True))
    snapshot = find_by_timestamp(timestamp)
    if rest == "index.json":
        return JsonResponse(_index(snapshot), headers={"Cache-Control": "no-store"})
    return HttpResponseRedirect(f"/{snapshot.archive_path}/{quote(rest)}")


def _index(snapshot: Snapshot) -> dict[str, object]:
    history: dict[str, list[dict[str, object]]] = {}
    for result in snapshot.results.order_by("position", "id"):
        history.setdefault(result.plugin, []).append(_entry(result))
    return {
        "url": without_credentials(snapshot.url),
        "timestamp": snapshot.timestamp,
        "title": snapshot.title,
        "tags": ",".join(snapshot.tags.order_by("key").values_list("name", flat=True)),
        "bookmarked_date": snapshot.bookmarked_at.isoformat(),
        "history": history,
    }


def _entry(result: ArchiveResult) -> dict[str, object]:
    return {
        "status": result.status,
        "output": result.output_str,
        "output_files": sorted(result.output_files),
        "start_ts": result.start_ts.isoformat() if result.start_ts else None,
        "end_ts": result.end_ts.isoformat() if result.end_ts else None,
        "cmd": result.cmd,
        "pwd": result.pwd,
        "cmd_version": result.cmd_version,
    }
