"""``/crawls/crawl/{id}/files/…``: what is kept of a crawl, as files.

``urls.txt``, ``config.json`` and ``refused.jsonl`` are the crawl's own; a folder is one of its snapshots, by id, with
``manifest.json`` and a subfolder for each plugin.
"""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router
from orjson import OPT_INDENT_2, dumps

from pagekeep.api.auth import AdminSessionAuth, any_token
from pagekeep.api.streams import stream, text_responses
from pagekeep.archive.crawl_queries import each_refusal
from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.queries import find_crawl, find_snapshot
from pagekeep.domain.code_uses import CODE_USES
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.urls import shorten
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.manifest import MANIFEST_NAME, read_bytes

router = Router(tags=["Crawls"])
# Looked at, never run: no scripts, no origin, nothing loaded, in nobody's frame.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
_AUTH: list[Any] = [*any_token("read"), AdminSessionAuth()]
_TEXT = text_responses("text/plain", "https://example.com/\n", 404)


@router.get(
    "/crawl/{crawl_id}/files/{filename}",
    operation_id="get_crawl_file",
    summary="Get urls.txt, config.json or refused.jsonl of a crawl",
    auth=_AUTH,
    **_TEXT,
)
def get_crawl_file(request: HttpRequest, crawl_id: str, filename: str) -> HttpResponse:
    """What was sent, its settings as they were given, and what it did not take, one JSON object a line."""
    _refuse_code(request)
    crawl = find_crawl(crawl_id)
    if filename == "urls.txt":
        return _send([crawl.urls.encode("utf-8", "replace")], "text/plain; charset=utf-8", filename)
    if filename == "config.json":
        return _send([dumps(crawl.config, option=OPT_INDENT_2)], "application/json", filename)
    if filename == "refused.jsonl":
        return _send((dumps(row) + b"\n" for row in each_refusal(crawl.pk)), "application/x-ndjson", filename)
    raise NotFound(
        f"The crawl {crawl.pk} keeps no file {shorten(filename, 60)!r}; there are urls.txt, config.json, refused.jsonl."
    )


@router.get(
    "/crawl/{crawl_id}/files/{folder}/{filename}",
    operation_id="get_crawl_folder_file",
    summary="Get the manifest.json of a snapshot of a crawl",
    auth=_AUTH,
    **_TEXT,
)
def get_crawl_folder_file(request: HttpRequest, crawl_id: str, folder: str, filename: str) -> HttpResponse:
    """The folder is the snapshot's id; the file says what was visited and kept."""
    _refuse_code(request)
    snapshot = _snapshot(find_crawl(crawl_id), folder)
    if filename != MANIFEST_NAME:
        raise NotFound(f"There is no file {shorten(filename, 60)!r} beside the plugins' folders; see {MANIFEST_NAME}.")
    try:
        manifest = read_bytes(snapshot_files(snapshot.pk).folder)
    except NotFound as error:
        raise NotFound(f"The snapshot {snapshot.pk} has no {MANIFEST_NAME} yet; it has not been captured.") from error
    return _send([manifest], "application/json", filename)


@router.get(
    "/crawl/{crawl_id}/files/{folder}/{subfolder}/{filename}",
    operation_id="get_crawl_subfolder_file",
    summary="Get a file that a plugin keeps of a snapshot of a crawl",
    auth=_AUTH,
    **_TEXT,
)
def get_crawl_subfolder_file(
    request: HttpRequest, crawl_id: str, folder: str, subfolder: str, filename: str
) -> HttpResponse:
    """The folder is the snapshot's id, the subfolder the plugin; the exact bytes, never as a page that can run."""
    _refuse_code(request)
    snapshot = _snapshot(find_crawl(crawl_id), folder)
    try:
        kept = snapshot_files(snapshot.pk).open(subfolder, filename)
    except BadInput as error:  # a name that cannot be kept is a name that is not kept
        raise NotFound(str(error)) from error
    response = _send(iter(kept), kept.mimetype, filename)
    response.headers["Content-Length"] = str(kept.size)
    return response


def _snapshot(crawl: Crawl, reference: str) -> Snapshot:
    snapshot = find_snapshot(reference, with_results=False)
    if snapshot.crawl_id != crawl.pk:
        raise NotFound(f"The crawl {crawl.pk} has no snapshot {shorten(reference, 60)!r}.")
    return snapshot


def _refuse_code(request: HttpRequest) -> None:
    if request.headers.get("Sec-Fetch-Dest", "") in CODE_USES:
        raise BadInput("Files of a crawl cannot be used as code.")


def _send(pieces: Iterable[bytes], content_type: str, name: str) -> HttpResponse:
    response = stream(pieces, content_type, "file")
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
