"""The visit's traffic as HTTP Archive 1.2, for tools that show waterfalls. The bodies are in the WARC."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import orjson

from pagekeep.capture.formats.har_entry import UNKNOWN, entry
from pagekeep.capture.outputs.warc import PENDING_SECONDS
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False
_PAGE = "page_1"


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``har.json``: one page, and one entry for each exchange that the WARC holds."""
    await visit.recorder.finish(PENDING_SECONDS)
    if not visit.recorder.exchanges:
        raise NoResult("The server sent no response.")
    archive = await asyncio.to_thread(_write, visit)
    await keep("har.json", archive, "application/json")
    return f"{len(visit.recorder.exchanges)} exchanges"


def _write(visit: Visit) -> bytes:
    archive, *browser = (dict(zip(("name", "version"), one.split("/"), strict=True)) for one in visit.software.split())
    log: dict[str, Any] = {
        "version": "1.2",
        "creator": archive,
        **({"browser": browser[0]} if browser else {}),
        "pages": [
            {
                "startedDateTime": visit.started_at.isoformat(timespec="milliseconds"),
                "id": _PAGE,
                "title": visit.title or visit.final_url,
                "pageTimings": _page_timings(visit),
            }
        ],
        "entries": [],
    }
    for exchange in tuple(visit.recorder.exchanges):
        url = urlsplit(exchange.url)
        address = visit.egress.remote_address(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        log["entries"].append(entry(exchange, address, _PAGE))
    log["entries"].sort(key=lambda made: made["startedDateTime"])
    return orjson.dumps({"log": log}) + b"\n"


def _page_timings(visit: Visit) -> dict[str, float]:
    """Return when the newest document was parsed and loaded, in milliseconds after it was asked for."""
    if visit.opened is None:
        return {"onContentLoad": UNKNOWN, "onLoad": UNKNOWN}
    began = visit.main.told.timing.get("requestTime") if visit.main else None
    events = {"onContentLoad": visit.page.navigation.parsed_at, "onLoad": visit.page.navigation.loaded_at}
    return {
        name: round((at - began) * 1000, 3) if at is not None and began is not None and at >= began else UNKNOWN
        for name, at in events.items()
    }
