"""What holds for every page of ours: errors as pages with one sentence, and headers that keep strangers out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pagekeep.domain.errors import BadInput, Conflict, EnvironmentProblem, NotFound, PagekeepError

# Scripts and styles come from our own files only, so a page's text can never become code; frames show our own
# sandboxed outputs, and nobody frames us.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-src 'self'; frame-ancestors 'none'"
)
STATUS: dict[type[PagekeepError], int] = {NotFound: 404, BadInput: 400, Conflict: 409, EnvironmentProblem: 503}


class PageSafety:
    """Adds the headers to every answer that has none of its own; the API under ``/api/`` has its own rules."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page's headers added."""
        response = self.get_response(request)
        if not request.path.startswith("/api/"):
            response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
            response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn an error raised on purpose into a page with its sentence."""
        if request.path.startswith("/api/") or not isinstance(error, PagekeepError):
            return None
        status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
        return render(request, "pagekeep/problem.html", {"sentence": str(error), "status": status}, status=status)
