"""Every exchange of the visit as WARC 1.1, one record per gzip member."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pagekeep.capture.formats.warc_writer import (
    IndexLine,
    Response,
    WarcWriter,
    index_line,
    new_response,
    read_response,
)
from pagekeep.capture.page import as_json
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.websockets import Socket
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult
from pagekeep.domain.results import Shareable

NEEDS_PAGE = False
FILENAME = "data.warc.gz"
MIMETYPE = "application/warc"
# From this size on, a payload's record is a file of its own, which later snapshots can share.
SHARED_BYTES = 16 << 10
# A payload that came before is referred to; for fewer bytes than that, a reference saves nothing.
REVISIT_BYTES = 1 << 10
PENDING_SECONDS = 5.0


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``data.warc.gz``, a WARC of its own for each large payload, and ``index.cdxj`` over all of them.

    A large payload that an earlier snapshot recorded under the same address is kept by linking to that record; a
    revisit record tells of this visit. What was left out is counted in the line.
    """
    recorder = visit.recorder
    await recorder.finish(PENDING_SECONDS)
    if not recorder.exchanges:
        raise NoResult("The server sent no response.")
    known, lines = await _share(visit, keep)
    writer = WarcWriter(FILENAME)
    await keep.stream(FILENAME, _records(visit, writer, known), MIMETYPE)
    index = "".join(sorted(map(str, [*lines, *writer.index]))).encode()
    await keep("index.cdxj", index, "text/plain; charset=utf-8")
    counts = recorder.left_out + Counter({"a request to a host on the block list": _blocked(visit)})
    left_out = ", ".join(f"{count} × {what}" for what, count in counts.items())
    return f"{len(recorder.exchanges)} exchanges" + (f"; left out: {left_out}" if left_out else "")


def _blocked(visit: Visit) -> int:
    """Return how many requests the block list stopped."""
    return sum(count for host, count in visit.recorder.unanswered.items() if visit.egress.blocks(host))


async def _share(visit: Visit, keep: Keep) -> tuple[dict[bytes, Response], list[IndexLine]]:
    """Keep the records of large payloads; return them by the payload's SHA-256, and their index lines."""
    # Of addresses that gave the same payload the first by name stands for it: the next visit chooses the same.
    came = [exchange.revisits or exchange for exchange in visit.recorder.exchanges]
    by_name = sorted(came, key=lambda exchange: exchange.url, reverse=True)
    identity = visit.request.identity
    if identity.has_secrets and not identity.owner:
        return {}, []  # nobody can tell whose answers these are
    large = {exchange.body.sha256: exchange for exchange in by_name if _may_be_shared(exchange)}
    records = {digest: new_response(exchange) for digest, exchange in large.items()}
    shared = await keep.share([_shareable(visit, large[digest], records[digest]) for digest in large])
    known, lines = {}, []
    for (digest, exchange), one in zip(large.items(), shared, strict=True):
        record = records[digest] if one.is_new else read_response(one.head)
        if record:
            known[digest] = record
            lines.append(index_line(exchange, record.time, one.stored.path, 0, one.stored.size))
    return known, lines


def _shareable(visit: Visit, exchange: Exchange, record: Response) -> Shareable:
    key = f"{exchange.payload_digest} {exchange.url}"
    if not visit.request.secrecy.cookies:
        key += " without cookies"  # an earlier record may hold them
    if visit.request.identity.has_secrets:
        key += f" for {visit.request.identity.owner}"  # the headers of the answer may be about its person
    name = f"{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()[:32]}.warc.gz"
    # Of what came before this visit nobody knows from where.
    address = _remote_address(visit, exchange) if exchange.time >= visit.started_at else None
    return Shareable(name, key, lambda: WarcWriter(name).response(exchange, address, record), MIMETYPE)


def _may_be_shared(exchange: Exchange) -> bool:
    whole = exchange.status == 200 and not exchange.truncated
    return exchange.method == "GET" and whole and exchange.body.size >= SHARED_BYTES


def _records(visit: Visit, writer: WarcWriter, known: Mapping[bytes, Response]) -> Iterator[bytes]:
    """Yield the records of ``data.warc.gz``.

    Args:
        known: response records that are there already, by the SHA-256 of their payload.
    """
    about = {
        "software": visit.software,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": f"One visit of {visit.url}",
    }
    yield from writer.info(visit.started_at, about)
    seen = dict(known)
    for exchange in visit.recorder.exchanges:
        address, digest = _remote_address(visit, exchange), exchange.body.sha256
        record, earlier = new_response(exchange), seen.get(digest)
        if exchange.revisits:
            # Here too, so that this snapshot refers to nothing outside itself.
            original, digest = exchange.revisits, exchange.revisits.body.sha256
            if digest not in seen:
                seen[digest] = new_response(original)
                yield from writer.response(original, None, seen[digest])
            yield from writer.not_modified(exchange, address, record, seen[digest])
        elif earlier and (earlier.url, earlier.time) == (exchange.url, exchange.time):
            record = earlier  # the record that was just shared
        elif earlier and exchange.body.size >= REVISIT_BYTES and not exchange.truncated:
            yield from writer.revisit(exchange, address, record, earlier)
        else:
            yield from writer.response(exchange, address, record)
            if not exchange.truncated:
                seen[digest] = record
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
