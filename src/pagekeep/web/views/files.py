"""Serve what snapshots keep: exact bytes, as content that is never trusted."""

from pathlib import PurePosixPath

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.http import require_safe

from pagekeep.archive.queries import find_snapshot
from pagekeep.domain.code_uses import CODE_USES
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.kept_file import KeptFile
from pagekeep.web.access import readers_only
from pagekeep.web.ranges import NotSatisfiable, Span, parse_range

# An archived page sees what it brings along and nothing else: no network, no origin of its own, no way up.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data: blob:;"
    " img-src data: blob:; font-src data: blob:; media-src data: blob:; frame-src data: blob:; connect-src 'none';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
SANDBOXED = f"{CONTENT_POLICY}; sandbox allow-scripts"
# What a page would ask for to run or apply it as its own; archived bytes are only ever looked at.
ALIASES = {
    "singlefile.html": "singlefile",
    "output.html": "dom",
    "htmltotext.txt": "htmltotext",
    "headers.json": "headers",
}
YEAR = 365 * 24 * 3600


@require_safe
@readers_only
def output(request: HttpRequest, reference: str, plugin: str, path: str) -> HttpResponseBase:
    """Send a kept file: HEAD, conditions and a single range are understood, ``?download=1`` saves it."""
    if request.headers.get("Sec-Fetch-Dest", "") in CODE_USES:
        return _sealed(HttpResponseForbidden("Archived files cannot be used as code.", content_type="text/plain"))
    snapshot = find_snapshot(reference, with_results=False)
    try:
        kept = snapshot_files(snapshot.pk).open(plugin, path)
    except BadInput as error:  # a name that cannot be kept is a name that is not kept
        raise NotFound(str(error)) from error
    response = _answer(request, kept)
    disposition = content_disposition_header("download" in request.GET, PurePosixPath(path).name)
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["Cache-Control"] = _cache_control(request, kept)
    return _sealed(response)


@require_safe
@readers_only
def alias(request: HttpRequest, reference: str, name: str) -> HttpResponseBase:
    """Send one of the files that are also known by a name at the snapshot's root."""
    return output(request, reference, ALIASES[name], name)


@require_safe
@readers_only
def everything(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Send a snapshot's whole folder as a ZIP, made while it is sent."""
    snapshot = find_snapshot(reference, with_results=False)
    packed = snapshot_files(snapshot.pk).zip_all()
    headers = {"Content-Length": str(packed.size), "Accept-Ranges": "none", "Cache-Control": "private, no-store"}
    name = f"pagekeep-{snapshot.domain or 'snapshot'}-{snapshot.bookmarked_at:%Y%m%d-%H%M%S}.zip"
    headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    if request.method == "HEAD":
        return _sealed(HttpResponse(content_type="application/zip", headers=headers))
    return _sealed(StreamingHttpResponse(iter(packed), content_type="application/zip", headers=headers))


def _answer(request: HttpRequest, kept: KeptFile) -> HttpResponseBase:
    etag = f'"{kept.sha256}"'
    headers = {"ETag": etag, "Accept-Ranges": "bytes"}
    if _matches(request.headers.get("If-None-Match", ""), etag, weakly=True):
        return HttpResponse(status=304, headers=headers)
    if "If-Match" in request.headers and not _matches(request.headers["If-Match"], etag, weakly=False):
        return HttpResponse(status=412, headers=headers)
    try:
        span = _asked_span(request, kept, etag)
    except NotSatisfiable:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{kept.size}"})
    status, part = (206, span) if span else (200, Span(0, kept.size))
    headers["Content-Length"] = str(part.length)
    if span:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{kept.size}"
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=kept.mimetype, headers=headers)
    chunks = kept.read_range(part.start, part.length)
    return StreamingHttpResponse(chunks, status=status, content_type=kept.mimetype, headers=headers)


def _asked_span(request: HttpRequest, kept: KeptFile, etag: str) -> Span | None:
    """Return the range of a GET, None for all: ranges are for GET only, and If-Range must name these very bytes."""
    if request.method != "GET" or request.headers.get("If-Range", etag).strip() != etag:
        return None
    return parse_range(request.headers.get("Range", ""), kept.size)


def _matches(header: str, etag: str, *, weakly: bool) -> bool:
    """Whether one of a condition's tags is ours; bytes that are equal weakly are so strongly too (RFC 9110 8.8.3.2)."""
    if header.strip() == "*":
        return True
    return any((tag.removeprefix("W/") if weakly else tag) == etag for tag in parse_etags(header))


def _cache_control(request: HttpRequest, kept: KeptFile) -> str:
    """An address that names its bytes (``?v=``) never changes; any other is asked for again, as a retry may add."""
    version = request.GET.get("v", "")
    if len(version) >= 8 and kept.sha256.startswith(version):
        return f"private, max-age={YEAR}, immutable"
    return "private, no-cache"


def _sealed(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Content-Security-Policy"] = SANDBOXED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"  # with a sandbox any other makes browsers refuse
    response.headers["X-DNS-Prefetch-Control"] = "off"
    return response
