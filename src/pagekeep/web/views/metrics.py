"""``/metrics``: for those who watch the archive with Prometheus."""

from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe

from pagekeep.config.load import settings
from pagekeep.web.access import has_token, may_change
from pagekeep.web.metrics import CONTENT_TYPE, metrics_page

_REFUSED = (
    "The metrics are for those who send a token with the scope read, as Authorization: Bearer or X-ArchiveBox-API-Key,"
    " who are logged in as staff, or who ask from this machine; PAGEKEEP_METRICS_PUBLIC opens them to everyone.\n"
)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every metric, to those who may read them."""
    headers = {"Cache-Control": "no-store"}
    if not _may_read(request):
        return HttpResponse(_REFUSED, status=403, content_type="text/plain; charset=utf-8", headers=headers)
    return HttpResponse(metrics_page(), content_type=CONTENT_TYPE, headers=headers)


def _may_read(request: HttpRequest) -> bool:
    return settings().metrics_public or _is_from_here(request) or has_token(request, "read") or may_change(request)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks: by an address of this machine's own, and not on behalf of others.

    A proxy on this machine also comes from here; it is known by the headers it adds or the host name it passes on.
    """
    if request.META.get("pagekeep.forwarded", False) or "HTTP_VIA" in request.META:
        return False
    host, _ = split_domain_port(request.get_host())
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or _is_loopback(host.strip("[]")))


def _is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False
