"""Every exchange of the visit as WARC 1.1, one record per gzip member."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pagekeep.capture.exchange import Exchange
from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.capture.warc_writer import Response, WarcWriter, new_response
from pagekeep.capture.websockets import Socket
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False
FILENAME = "data.warc.gz"
# A payload that came before is referred to; for fewer bytes than that, a reference saves nothing.
REVISIT_BYTES = 1 << 10
_PENDING_SECONDS = 5.0


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``data.warc.gz`` and ``index.cdxj``. What was left out of it is counted in the line."""
    recorder = visit.recorder
    await recorder.finish(_PENDING_SECONDS)
    if not recorder.exchanges:
        raise NoResult("The server sent no response.")
    writer = WarcWriter(FILENAME)
    await keep.stream(FILENAME, _records(visit, writer), "application/warc")
    index = "".join(sorted(map(str, writer.index))).encode()
    await keep("index.cdxj", index, "text/plain; charset=utf-8")
    left_out = ", ".join(f"{count} × {what}" for what, count in recorder.left_out.items())
    return f"{len(recorder.exchanges)} exchanges" + (f"; left out: {left_out}" if left_out else "")


def _records(visit: Visit, writer: WarcWriter) -> Iterator[bytes]:
    about = {
        "software": visit.software,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": f"One visit of {visit.url}",
    }
    yield from writer.info(visit.started_at, about)
    seen: dict[bytes, Response] = {}
    for exchange in visit.recorder.exchanges:
        address = _remote_address(visit, exchange)
        record = new_response(exchange)
        earlier = seen.get(exchange.body.sha256)
        if earlier and exchange.body.size >= REVISIT_BYTES and not exchange.truncated:
            yield from writer.revisit(exchange, address, record, earlier)
        else:
            yield from writer.response(exchange, address, record)
            if not exchange.truncated:
                seen[exchange.body.sha256] = record
        yield from writer.request(exchange, address, record)
    for socket in visit.recorder.sockets:
        yield from writer.metadata(socket.url, socket.time, "application/json", _about(socket))


def _remote_address(visit: Visit, exchange: Exchange) -> str | None:
    url = urlsplit(exchange.url)
    return visit.egress.remote_address(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))


def _about(socket: Socket) -> bytes:
    """Return what passed through a WebSocket; binary messages are in base64."""
    return as_json(
        {
            "status": socket.status,
            "request_headers": [list(pair) for pair in socket.request_headers],
            "response_headers": [list(pair) for pair in socket.response_headers],
            "messages": [
                {
                    "from": "page" if message.sent else "server",
                    "seconds": message.after,
                    "base64" if message.binary else "text": message.data,
                }
                for message in socket.messages
            ],
            "messages_left_out": socket.dropped,
            "error": socket.error,
            "closed": socket.closed,
        }
    )
