"""Small answers of the site itself."""

from pathlib import Path

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pagekeep.services.check_health import check_health
from pagekeep.web.access import may_change

ICON = (Path(__file__).parent.parent / "static" / "pagekeep" / "favicon.ico").read_bytes()


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 and OK when database, disk and workers are well, else 503 and why: to strangers only the parts."""
    unwell = check_health()
    if unwell and _is_ours(request):
        text = "".join(f"{found.sentence}\n" for found in unwell)
    elif unwell:
        text = f"Not well: {', '.join(found.part for found in unwell)}. Log in to read more, or look into the log.\n"
    else:
        text = "OK"
    return HttpResponse(
        text,
        status=503 if unwell else 200,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def _is_ours(request: HttpRequest) -> bool:
    try:
        return may_change(request)
    except DatabaseError:  # whose session it is cannot be read
        return False


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers out: the archive holds other people's pages."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Send Pagekeep's icon."""
    return HttpResponse(ICON, content_type="image/x-icon", headers={"Cache-Control": "public, max-age=86400"})
