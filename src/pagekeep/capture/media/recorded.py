"""Media that the recording holds whole: what the browser has loaded is not asked for a second time."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin

from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.domain.urls import shorten

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_MAX_REDIRECTS = 10


def find_whole(url: str, exchanges: Sequence[Exchange]) -> tuple[Body, str] | None:
    """Return the file at ``url`` and its media type, from one answer or put together from ranges; None if not whole."""
    url = url.split("#")[0]
    for _ in range(_MAX_REDIRECTS):
        answers = [e for e in exchanges if e.url == url and e.method == "GET"]
        complete = next((e for e in answers if e.status == 200 and e.body and not e.truncated), None)
        if complete:
            return complete.body, complete.mimetype
        parts = [e for e in answers if e.status == 206 and e.body]
        if parts:
            body = _join(parts)
            return (body, parts[0].mimetype) if body else None
        target = next((e.header("location") for e in answers if 300 <= e.status < 400), "")
        if not target:
            return None
        url = urljoin(url, target).split("#")[0]
    return None


def find_refusal(url: str, exchanges: Sequence[Exchange]) -> str:
    """Return in a sentence how the server refused ``url`` to the browser, empty where it did not."""
    url = url.split("#")[0]
    answers = [e for e in exchanges if e.url == url and e.method == "GET"]
    if not answers or answers[-1].status < 400:
        return ""
    return f"The server answered {answers[-1].status} {answers[-1].reason}".rstrip() + f" for {shorten(url)}."


def _join(parts: Iterable[Exchange]) -> Body | None:
    """Return the file of which these are ranges (RFC 9110, section 14.4), None where one is missing."""
    ranges = []
    for part in parts:
        found = _RANGE.fullmatch(part.header("content-range").strip())
        if found and not part.header("content-encoding"):
            # Of a range that broke off, its beginning is there.
            ranges.append((int(found[1]), int(found[3]), part.header("etag"), part.body))
    if len({(total, tag) for _, total, tag, _ in ranges}) != 1:
        return None
    total = ranges[0][1]
    whole = Body()
    for start, _, _, body in sorted(ranges, key=lambda item: item[0]):
        if start > whole.size:
            return None
        for chunk in body.chunks():
            whole.write(chunk[max(0, whole.size - start) :])
            start += len(chunk)
    return whole if whole.size == total else None
