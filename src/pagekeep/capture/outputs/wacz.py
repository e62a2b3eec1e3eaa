"""The WARC with its index and page list, packed as WACZ 1.1.1 without keeping its bytes a second time."""

import hashlib
import json
import uuid

from pagekeep.capture.outputs import warc
from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult
from pagekeep.domain.results import StoredFile

NEEDS_PAGE = False
WACZ_VERSION = "1.1.1"


async def make(visit: Visit, keep: Keep) -> str:
    """Keep the parts of ``archive.wacz`` and record how they are packed.

    Source: WACZ 1.1.1, https://specs.webrecorder.net/wacz/1.1.1/.
    """
    kept = {file.path: file for file in visit.files("warc")}
    if warc.FILENAME not in kept:
        raise NoResult("There is no WARC to pack.")
    # Not in a folder of its own, which would take a block of the disk.
    pages = await keep("pages.jsonl", _pages(visit), "application/jsonl")
    archives = [file for file in kept.values() if file.mimetype == warc.MIMETYPE]
    resources = [
        *((f"archive/{file.path}", "warc", file) for file in archives),
        ("indexes/index.cdx", "warc", kept["index.cdxj"]),
        ("pages/pages.jsonl", "wacz", pages),
    ]
    package = _package(visit, resources)
    stored = await keep("datapackage.json", package, "application/json")
    digest = as_json({"path": "datapackage.json", "hash": _sha256(package)})
    stored_digest = await keep("datapackage-digest.json", digest, "application/json")
    members = [
        *resources,
        ("datapackage.json", "wacz", stored),
        ("datapackage-digest.json", "wacz", stored_digest),
    ]
    packed = await keep.pack("archive.wacz", members, "application/wacz+zip")
    return f"archive.wacz, {packed.size} bytes"


def _pages(visit: Visit) -> bytes:
    """Return ``pages.jsonl``: its header, and the one page of this visit."""
    header = '{"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": false}\n'
    page = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{visit.started_at.isoformat()} {visit.url}")),
        "url": _page_url(visit),
        "ts": _moment(visit),
        "title": visit.title,
    }
    return header.encode() + json.dumps(page, ensure_ascii=False).encode() + b"\n"


def _package(visit: Visit, resources: list[tuple[str, str, StoredFile]]) -> bytes:
    return as_json(
        {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "title": visit.title or visit.url,
            "created": _moment(visit),
            "software": visit.software,
            "mainPageUrl": _page_url(visit),
            "mainPageDate": _moment(visit),
            "resources": [
                {
                    "name": name.rpartition("/")[2],
                    "path": name,
                    "hash": f"sha256:{file.sha256}",
                    "bytes": file.size,
                }
                for name, _, file in resources
            ],
        }
    )


def _page_url(visit: Visit) -> str:
    """Return the address a player can find in the WARC: client-side routing may show another."""
    return visit.main.url if visit.main else visit.url


def _moment(visit: Visit) -> str:
    return f"{visit.main.time if visit.main else visit.started_at:%Y-%m-%dT%H:%M:%S}Z"


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
