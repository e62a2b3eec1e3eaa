"""Every exchange of the visit as WARC 1.1, one record per gzip member."""

import asyncio
from urllib.parse import urlsplit

from pagekeep.capture.visit import Keep, Visit
from pagekeep.capture.warc_writer import WarcWriter
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False
FILENAME = "data.warc.gz"
PENDING_SECONDS = 5.0


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``data.warc.gz`` and ``index.cdxj``. What was left out of it is counted in the line."""
    await visit.recorder.finish(PENDING_SECONDS)
    if not visit.recorder.exchanges:
        raise NoResult("The server sent no response.")
    archive, index = await asyncio.to_thread(_write, visit)
    await keep(FILENAME, archive, "application/warc")
    await keep("index.cdxj", index, "text/plain; charset=utf-8")
    left_out = ", ".join(f"{count} × {why}" for why, count in visit.recorder.left_out.items())
    return f"{len(visit.recorder.exchanges)} exchanges" + (f"; left out: {left_out}" if left_out else "")


def _write(visit: Visit) -> tuple[bytes, bytes]:
    writer = WarcWriter(FILENAME)
    about = {
        "software": visit.software,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": f"One visit of {visit.request.url}",
    }
    parts = [writer.info(visit.started_at, about)]
    for exchange in visit.recorder.exchanges:
        url = urlsplit(exchange.url)
        address = visit.egress.remote_address(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        parts.extend(writer.exchange(exchange, address))
    return b"".join(parts), "".join(sorted(map(str, writer.index))).encode()
