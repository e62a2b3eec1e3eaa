"""Writes WARC 1.1 (ISO 28500:2017): one record per gzip member, with digests, and the CDXJ line of each response."""

import base64
import hashlib
import json
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pagekeep.capture.formats.surt import surt
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange, Headers

GZIP_LEVEL = 6
_DATE = "%Y-%m-%dT%H:%M:%S.%fZ"
_GZIP = 16 + zlib.MAX_WBITS
_CODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_LINE_BREAKS = re.compile(r"[\r\n\0]+")


@dataclass(frozen=True, slots=True)
class IndexLine:
    """Where a response lies in the WARC: one line of a CDXJ index."""

    key: str
    time: datetime
    fields: dict[str, str]

    def __str__(self) -> str:
        return f"{self.key} {self.time:%Y%m%d%H%M%S} {json.dumps(self.fields, ensure_ascii=False)}\n"


@dataclass(frozen=True, slots=True)
class Response:
    """A response record that others can refer to."""

    record_id: str
    url: str
    time: datetime


class WarcWriter:
    """Builds a ``.warc.gz`` piece by piece: each call yields the bytes to append.

    Attributes:
        index: the lines of the responses written so far; complete only once all that was yielded was taken.
    """

    def __init__(self, filename: str) -> None:
        self.index: list[IndexLine] = []
        self._filename = filename
        self._offset = 0
        self._info_id = ""

    def info(self, time: datetime, fields: dict[str, str]) -> Iterator[bytes]:
        """Yield the ``warcinfo`` record that opens the file."""
        self._info_id = _record_id()
        block = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields.items()).encode()
        headers = {"WARC-Filename": self._filename, "Content-Type": "application/warc-fields"}
        yield from self._record("warcinfo", self._info_id, time, headers, block)

    def response(self, exchange: Exchange, remote_address: str | None, record: Response) -> Iterator[bytes]:
        """Yield the ``response`` record of an exchange, called ``record``."""
        headers = self._common(exchange, remote_address) | {
            "Content-Type": "application/http; msgtype=response",
            "WARC-Payload-Digest": exchange.payload_digest,
        }
        if truncated := exchange.truncated or _unread(exchange):
            headers["WARC-Truncated"] = truncated
        start = self._offset
        yield from self._record(
            "response", record.record_id, exchange.time, headers, response_head(exchange), exchange.body
        )
        self.index.append(index_line(exchange, exchange.time, self._filename, start, self._offset - start))

    def revisit(
        self, exchange: Exchange, remote_address: str | None, record: Response, earlier: Response
    ) -> Iterator[bytes]:
        """Yield a ``revisit`` record: the same payload as an ``earlier`` response record, with the headers of now.

        Source: ISO 28500:2017, 6.7.2 (identical payload digest).
        """
        headers = self._revisit(exchange, remote_address, earlier, "identical-payload-digest") | {
            "WARC-Payload-Digest": exchange.payload_digest,
        }
        start = self._offset
        yield from self._record("revisit", record.record_id, exchange.time, headers, response_head(exchange))
        line = index_line(exchange, exchange.time, self._filename, start, self._offset - start)
        line.fields["mime"] = "warc/revisit"
        self.index.append(line)

    def not_modified(
        self, exchange: Exchange, remote_address: str | None, record: Response, earlier: Response
    ) -> Iterator[bytes]:
        """Yield a ``revisit`` record: the server has answered 304, the payload is that of an ``earlier`` response.

        It has no index line: who looks the URL up is to find the payload.

        Source: ISO 28500:2017, 6.7.3 (server not modified).
        """
        headers = self._revisit(exchange, remote_address, earlier, "server-not-modified")
        yield from self._record("revisit", record.record_id, exchange.time, headers, response_head(exchange))

    def request(self, exchange: Exchange, remote_address: str | None, response: Response) -> Iterator[bytes]:
        """Yield the ``request`` record that belongs to a response."""
        headers = self._common(exchange, remote_address) | {
            "Content-Type": "application/http; msgtype=request",
            "WARC-Concurrent-To": response.record_id,
            "WARC-Payload-Digest": _digest(exchange.request_body),
        }
        block = request_head(exchange) + exchange.request_body
        yield from self._record("request", _record_id(), exchange.time, headers, block)

    def metadata(self, url: str, time: datetime, content_type: str, block: bytes) -> Iterator[bytes]:
        """Yield a ``metadata`` record about ``url``."""
        headers = {"WARC-Target-URI": url, "Content-Type": content_type}
        if self._info_id:
            headers["WARC-Warcinfo-ID"] = self._info_id
        yield from self._record("metadata", _record_id(), time, headers, block)

    def _revisit(
        self, exchange: Exchange, remote_address: str | None, earlier: Response, profile: str
    ) -> dict[str, str]:
        return self._common(exchange, remote_address) | {
            "Content-Type": "application/http; msgtype=response",
            "WARC-Profile": f"http://netpreserve.org/warc/1.1/revisit/{profile}",
            "WARC-Refers-To": earlier.record_id,
            "WARC-Refers-To-Target-URI": earlier.url,
            "WARC-Refers-To-Date": f"{earlier.time:{_DATE}}",
        }

    def _common(self, exchange: Exchange, remote_address: str | None) -> dict[str, str]:
        headers = {"WARC-Target-URI": exchange.url}
        if self._info_id:
            headers["WARC-Warcinfo-ID"] = self._info_id
        if remote_address:
            headers["WARC-IP-Address"] = remote_address
        if exchange.protocol:
            headers["WARC-Protocol"] = exchange.protocol
        return headers

    def _record(
        self, kind: str, record_id: str, time: datetime, headers: dict[str, str], head: bytes, body: Body | None = None
    ) -> Iterator[bytes]:
        """Yield one gzip member: the record whose block is ``head`` and ``body``."""
        digest = hashlib.sha256(head)
        for chunk in body.chunks() if body else ():
            digest.update(chunk)
        lines = [
            "WARC/1.1",
            f"WARC-Type: {kind}",
            f"WARC-Record-ID: {record_id}",
            f"WARC-Date: {time:{_DATE}}",
            *(f"{name}: {_LINE_BREAKS.sub('', value)}" for name, value in headers.items()),
            f"WARC-Block-Digest: {_written(digest.digest())}",
            f"Content-Length: {len(head) + (body.size if body else 0)}",
        ]
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP)
        start = ("\r\n".join(lines) + "\r\n\r\n").encode() + head
        for chunk in chain((start,), body.chunks() if body else ()):
            if packed := packer.compress(chunk):
                self._offset += len(packed)
                yield packed
        packed = packer.compress(b"\r\n\r\n") + packer.flush()
        self._offset += len(packed)
        yield packed


def new_response(exchange: Exchange) -> Response:
    """Return the name of a response record to be written for an exchange."""
    return Response(_record_id(), exchange.url, exchange.time)


def read_response(start: bytes) -> Response | None:
    """Return the response record that a ``.warc.gz`` begins with, given its first few kB; None where it is none."""
    try:
        head = zlib.decompressobj(_GZIP).decompress(start, 1 << 16).partition(b"\r\n\r\n")[0].decode()
        lines = [line.partition(": ") for line in head.split("\r\n")]
        fields = {name: value for name, _, value in lines}
        if fields["WARC-Type"] != "response":
            return None
        time = datetime.strptime(fields["WARC-Date"], _DATE).replace(tzinfo=UTC)
        return Response(fields["WARC-Record-ID"], fields["WARC-Target-URI"], time)
    except (zlib.error, ValueError, KeyError):
        return None


def index_line(exchange: Exchange, time: datetime, filename: str, offset: int, length: int) -> IndexLine:
    """Return the CDXJ line of a record that holds what came of an exchange.

    Args:
        time: the record's own.
        offset, length: of its gzip member, in bytes.
    """
    fields = {
        "url": exchange.url,
        "mime": exchange.mimetype or "unk",
        "status": str(exchange.status),
        "digest": exchange.payload_digest,
        "length": str(length),
        "offset": str(offset),
        "filename": filename,
    }
    if exchange.method != "GET":
        fields["method"] = exchange.method
    return IndexLine(surt(_with_method(exchange)), time, fields)


def response_head(exchange: Exchange) -> bytes:
    """Return status line and headers that describe the body as it is kept: decoded, and of this length."""
    headers = [pair for pair in exchange.response_headers if not pair[0].startswith(":")]
    # An answer to HEAD, or one that has no body by definition, keeps the length and coding it announced.
    if exchange.method != "HEAD" and exchange.status not in (204, 304):
        headers = [pair for pair in headers if pair[0].lower() not in _CODED]
        headers.append(("Content-Length", str(exchange.body.size)))
    return _head(f"HTTP/1.1 {exchange.status} {exchange.reason}".rstrip(), headers)


def request_head(exchange: Exchange) -> bytes:
    """Return request line and headers as sent."""
    parts = urlsplit(exchange.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        pair for pair in exchange.request_headers if not pair[0].startswith(":") and pair[0].lower() != "content-length"
    ]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    if exchange.request_body:
        headers.append(("Content-Length", str(len(exchange.request_body))))
    return _head(f"{exchange.method} {path} HTTP/1.1", headers)


def _unread(exchange: Exchange) -> str:
    """Return why nothing was kept of a redirect that came with a body: the browser lets nobody read it."""
    announced = exchange.header("content-length").strip() not in ("", "0") or exchange.header("transfer-encoding")
    redirect = 300 <= exchange.status < 400 and exchange.status != 304 and exchange.header("location")
    return "unspecified" if redirect and announced and not exchange.body and exchange.method != "HEAD" else ""


def _with_method(exchange: Exchange) -> str:
    """Return the URL with method and form appended, as replay tools look up what is not a GET."""
    if exchange.method == "GET":
        return exchange.url
    body = exchange.request_body
    content_type = next((v for n, v in exchange.request_headers if n.lower() == "content-type"), "")
    if "x-www-form-urlencoded" in content_type:
        extra = urlencode(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
    else:
        extra = "__wb_post_data=" + quote(base64.b64encode(body).decode()) if body else ""
    joiner = "&" if "?" in exchange.url else "?"
    return f"{exchange.url}{joiner}__wb_method={exchange.method}" + (f"&{extra}" if extra else "")


def _head(first: str, headers: Iterable[tuple[str, str]] | Headers) -> bytes:
    lines = [_one_line(first), *(f"{_one_line(name)}: {_one_line(value)}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text)


def _record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _digest(data: bytes) -> str:
    return _written(hashlib.sha256(data).digest())


def _written(digest: bytes) -> str:
    """Return a digest as WARC writes it: base32 with its padding."""
    return "sha256:" + base64.b32encode(digest).decode()
