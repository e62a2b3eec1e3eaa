"""The API's description: for programs as OpenAPI, for people as a page that works offline."""

from functools import cache
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from orjson import OPT_NON_STR_KEYS, dumps

from pagekeep.api.api import api
from pagekeep.api.describe import openapi

# Swagger UI writes styles into elements and has its symbols as data: URLs; nothing comes from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_IN_PATHS = "/:@!$&'()*+,;=~"


@cache
def openapi_bytes() -> bytes:
    """Return the OpenAPI description as JSON; it never changes while the server runs."""
    return dumps(openapi(api), option=OPT_NON_STR_KEYS)


@csrf_exempt
@require_GET
def openapi_json(request: HttpRequest) -> HttpResponse:
    """Answer ``openapi.json``."""
    return HttpResponse(openapi_bytes(), content_type="application/json")


@csrf_exempt
@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Answer the page for people."""
    response = render(request, "pagekeep_api/docs.html", {"title": api.title})
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@csrf_exempt
@require_GET
def to_docs(request: HttpRequest) -> HttpResponse:
    """Lead to the page for people."""
    return HttpResponseRedirect(reverse("api-docs"))


@csrf_exempt
@require_GET
def to_archived(request: HttpRequest, asked: str) -> HttpResponse:
    """Lead to the capture of a URL, to which the query belongs."""
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"/archive/{quote(asked, safe=_IN_PATHS)}{f'?{query}' if query else ''}")


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Answer every other path, so that Django never looks for one with a slash added."""
    raise Http404
