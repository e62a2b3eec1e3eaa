"""The middleware that holds the rules of every answer under ``/api/``: host, CORS, headers, HEAD, no cookies."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlencode

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, parse_cookie

from pagekeep.api.call import call_of
from pagekeep.api.errors import in_our_shape, problem

EXPOSED = (
    "X-ArchiveBox-Stdout",
    "X-ArchiveBox-Stderr",
    "X-ArchiveBox-Auth-Method",
    "X-ArchiveBox-Auth-Expires",
    "X-ArchiveBox-Auth-Token-Id",
    "X-ArchiveBox-Auth-User-Id",
    "X-ArchiveBox-Auth-User-Username",
)
# What lists without an envelope say of themselves.
OF_LISTS = ("X-Total-Count", "Link")
METHODS = "GET, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = "authorization, x-archivebox-api-key, content-type, x-csrftoken"
PREFLIGHT_SECONDS = 86_400
HEADER_LENGTH = 200
# Everything printable in ASCII; the rest is percent-encoded.
_SAFE = "".join(chr(code) for code in range(0x20, 0x7F))


class ApiRules:
    """The outermost middleware: whatever goes wrong inside is answered in the API's own shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what is not under ``/api/`` passes untouched."""
        if not is_api(request):
            return self.get_response(request)
        _hide_key(request)
        cookies = parse_cookie(request.META.pop("HTTP_COOKIE", ""))
        call_of(request).session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        response = self._answer(request)
        response.cookies.clear()
        _add_headers(request, response)
        _allow_origin(request, response)
        if not response.streaming and response.status_code != 204:
            response.headers["Content-Length"] = str(len(response.content))
        if request.META.get("REQUEST_METHOD") == "HEAD":
            _drop_body(response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
            return problem(
                400, [f"This server does not answer to the host {host!r}; add it to PAGEKEEP_ALLOWED_HOSTS."]
            )
        if request.method == "OPTIONS":
            preflight = HttpResponse(status=204)
            del preflight.headers["Content-Type"]
            return preflight
        if request.method == "HEAD":
            request.method = "GET"
        return in_our_shape(request, self.get_response(request))


def _drop_body(response: HttpResponse) -> None:
    if isinstance(response, StreamingHttpResponse):  # nobody knows its length before it is made
        response.streaming_content = ()
        return
    response.headers["Content-Length"] = str(len(response.content))
    response.content = b""


def is_api(request: HttpRequest) -> bool:
    """Whether the API's rules hold for this path."""
    return request.path_info == "/api" or request.path_info.startswith("/api/")


def header_safe(text: str) -> str:
    """Return text as one line of at most 200 ASCII characters; others are percent-encoded, as in a URL."""
    line = quote(re.sub(r"\s+", " ", text).strip(), safe=_SAFE, errors="replace")
    return line if len(line) <= HEADER_LENGTH else line[: HEADER_LENGTH - 3] + "..."


def _hide_key(request: HttpRequest) -> None:
    """Take ``api_key`` out of the query before anything can log it."""
    query = request.META.get("QUERY_STRING", "")
    if "api_key" not in query and "%" not in query:
        return
    pairs = parse_qsl(query, keep_blank_values=True)
    keys = [value for name, value in pairs if name == "api_key"]
    if keys:
        call_of(request).query_token = keys[-1]
        masked = [(name, "***" if name == "api_key" else value) for name, value in pairs]
        request.META["QUERY_STRING"] = urlencode(masked, safe="*")


def _add_headers(request: HttpRequest, response: HttpResponse) -> None:
    call = call_of(request)
    token = call.token
    values = (
        " ".join(call.stdout),
        " ".join(call.stderr),
        call.method,
        token.expires.isoformat() if token and token.expires else "",
        str(token.pk) if token and token.pk else "",
        str(token.created_by_id) if token else "",
        token.created_by.username if token else "",
    )
    for name, value in zip(EXPOSED, values, strict=True):
        response.headers[name] = header_safe(value)
    response.headers["Cache-Control"] = "no-store"


def _allow_origin(request: HttpRequest, response: HttpResponse) -> None:
    origin = request.META.get("HTTP_ORIGIN", "")
    if not origin:
        return
    allowed = settings.API_ALLOWED_ORIGINS
    if "*" in allowed:
        response.headers["Access-Control-Allow-Origin"] = "*"
    else:
        response.headers["Vary"] = "Origin"
        if origin not in allowed:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = ", ".join((*EXPOSED, *OF_LISTS))
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
