"""Status, HTTP version, remote address and every header of the main response."""

from urllib.parse import urlsplit

from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``headers.json``: repeated headers stay apart, in the order they came.

    Of a file that has not changed, ``unchanged`` tells how it came.
    """
    main = visit.main
    if main is None:
        raise NoResult("The server sent no response.")
    parts = urlsplit(main.url)
    version = main.http_version
    document: dict[str, object] = {
        "url": visit.url,
        "final_url": main.url,
        "status": main.status,
        "status_text": main.reason,
        "http_version": version,
        "remote_address": visit.egress.remote_address(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        ),
        "request_headers": [list(pair) for pair in main.request_headers],
        "headers": [list(pair) for pair in main.response_headers],
        "time": main.time.isoformat(timespec="microseconds"),
    }
    if earlier := main.revisits:
        document["unchanged"] = {
            "since": earlier.time.isoformat(timespec="microseconds"),
            "status": earlier.status,
            "status_text": earlier.reason,
            "headers": [list(pair) for pair in earlier.response_headers],
        }
    await keep("headers.json", as_json(document), "application/json")
    return f"{version} {main.status} {main.reason}".strip()
