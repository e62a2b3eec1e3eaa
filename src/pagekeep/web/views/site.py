"""Small answers of the site itself."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pagekeep.services.check_health import check_health

ICON = (Path(__file__).parent.parent / "static" / "pagekeep" / "favicon.ico").read_bytes()


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 and OK when database, disk and worker are well, else 503 and why."""
    problems = check_health()
    text = "\n".join(problems) or "OK"
    return HttpResponse(
        f"{text}\n" if problems else text,
        status=503 if problems else 200,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers out: the archive holds other people's pages."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Send Pagekeep's icon."""
    return HttpResponse(ICON, content_type="image/x-icon", headers={"Cache-Control": "public, max-age=86400"})
