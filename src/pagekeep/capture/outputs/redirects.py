"""The way from the URL asked for to the final one: HTTP redirects, refreshes, scripts and client-side routes."""

from collections import Counter
from typing import Any
from urllib.parse import urljoin

from pagekeep.capture.page import as_json
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.recorder import REDIRECTS
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``redirects.json``: each step with its kind, where from, where to and when."""
    steps = sorted([*_by_server(visit), *_by_page(visit)], key=lambda step: str(step["time"]))
    if not steps:
        raise NoResult("The page was reached directly.")
    document: dict[str, Any] = {"url": visit.url, "final_url": visit.final_url, "steps": steps}
    if visit.opened and visit.opened.navigation.left_out:
        document["left_out"] = visit.opened.navigation.left_out
    await keep("redirects.json", as_json(document), "application/json")
    kinds = Counter(step["kind"] for step in steps)
    return ", ".join(f"{count} × {kind}" for kind, count in kinds.items())


def _by_server(visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "kind": "http",
            "url": answer.url,
            "to": _target(answer),
            "time": answer.time.isoformat(timespec="microseconds"),
            "status": answer.status,
            "location": answer.header("location"),
        }
        for answer in visit.documents
        if answer.status in REDIRECTS and answer.header("location")
    ]


def _target(answer: Exchange) -> str:
    try:
        return urljoin(answer.url, answer.header("location"))
    except ValueError:  # not a URL, and so nowhere the browser went
        return answer.header("location")


def _by_page(visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "kind": hop.kind,
            "url": visit.request.secrecy.url(hop.url),
            "to": visit.request.secrecy.url(hop.to),
            "time": hop.time.isoformat(timespec="microseconds"),
        }
        for hop in (visit.opened.navigation.hops if visit.opened else ())
    ]
