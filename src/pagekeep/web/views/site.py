"""Small answers of the site itself."""

from pathlib import Path

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pagekeep.archive.patience import patient_for
from pagekeep.services.check_health import PATIENCE, check_health
from pagekeep.web.access import has_token, may_change

ICON = (Path(__file__).parent.parent / "static" / "pagekeep" / "favicon.ico").read_bytes()


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 and OK when database, disk, workers and queue are well, else 503 and why: to strangers only which."""
    unwell = check_health()
    if unwell and _is_ours(request):
        text = "".join(f"{found.sentence}\n" for found in unwell)
    elif unwell:
        parts = ", ".join(found.part for found in unwell)
        text = f"Not well: {parts}. Log in or send a token to read more, or look into the log.\n"
    else:
        text = "OK"
    answer = HttpResponse(
        text,
        status=503 if unwell else 200,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
    # Django logs every 503 as an error; `check_health` has told this one, once and not every few seconds.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _is_ours(request: HttpRequest) -> bool:
    try:
        with patient_for(PATIENCE):
            return has_token(request, "read") or may_change(request)
    except DatabaseError:  # whose session or token it is cannot be read
        return False


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers out: the archive holds other people's pages."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Send Pagekeep's icon."""
    return HttpResponse(ICON, content_type="image/x-icon", headers={"Cache-Control": "public, max-age=86400"})
