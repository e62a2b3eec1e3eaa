"""Writes WARC 1.1 (ISO 28500:2017): one record per gzip member, with digests, and the CDXJ line of each response."""

import base64
import hashlib
import json
import re
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pagekeep.capture.exchange import SECRET_HEADERS, Exchange, Headers

GZIP_LEVEL = 6
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


class WarcWriter:
    """Builds a ``.warc.gz`` piece by piece: each call returns the bytes to append."""

    def __init__(self, filename: str) -> None:
        self.index: list[IndexLine] = []
        self._filename = filename
        self._offset = 0
        self._info_id = ""

    def info(self, time: datetime, fields: dict[str, str]) -> bytes:
        """Return the ``warcinfo`` record that opens the file."""
        self._info_id = _record_id()
        block = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields.items()).encode()
        headers = {"WARC-Filename": self._filename, "Content-Type": "application/warc-fields"}
        return self._record("warcinfo", self._info_id, time, headers, block)

    def exchange(self, exchange: Exchange, remote_address: str | None) -> Iterable[bytes]:
        """Yield the ``response`` record of an exchange and the ``request`` record that belongs to it."""
        response_id = _record_id()
        head, body = response_head(exchange), exchange.body
        payload = _digest(body)
        common = {"WARC-Target-URI": exchange.url, "WARC-Warcinfo-ID": self._info_id}
        if remote_address:
            common["WARC-IP-Address"] = remote_address
        if exchange.protocol:
            common["WARC-Protocol"] = exchange.protocol
        headers = common | {"Content-Type": "application/http; msgtype=response", "WARC-Payload-Digest": payload}
        if exchange.truncated:
            headers["WARC-Truncated"] = exchange.truncated
        start = self._offset
        record = self._record("response", response_id, exchange.time, headers, head + body)
        self._add_to_index(exchange, payload, start, len(record))
        yield record
        headers = common | {"Content-Type": "application/http; msgtype=request", "WARC-Concurrent-To": response_id}
        block = request_head(exchange) + exchange.request_body
        headers["WARC-Payload-Digest"] = _digest(exchange.request_body)
        yield self._record("request", _record_id(), exchange.time, headers, block)

    def _record(self, kind: str, record_id: str, time: datetime, headers: dict[str, str], block: bytes) -> bytes:
        lines = [
            "WARC/1.1",
            f"WARC-Type: {kind}",
            f"WARC-Record-ID: {record_id}",
            f"WARC-Date: {time:%Y-%m-%dT%H:%M:%S.%fZ}",
            *(f"{name}: {_LINE_BREAKS.sub('', value)}" for name, value in headers.items()),
            f"WARC-Block-Digest: {_digest(block)}",
            f"Content-Length: {len(block)}",
        ]
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP)
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        member = packer.compress(head + block + b"\r\n\r\n") + packer.flush()
        self._offset += len(member)
        return member

    def _add_to_index(self, exchange: Exchange, digest: str, offset: int, length: int) -> None:
        fields = {
            "url": exchange.url,
            "mime": exchange.mimetype or "unk",
            "status": str(exchange.status),
            "digest": digest,
            "length": str(length),
            "offset": str(offset),
            "filename": self._filename,
        }
        if exchange.method != "GET":
            fields["method"] = exchange.method
        self.index.append(IndexLine(surt(_with_method(exchange)), exchange.time, fields))


def response_head(exchange: Exchange) -> bytes:
    """Return status line and headers that describe the body as it is kept: decoded, and of this length."""
    headers = [pair for pair in exchange.response_headers if not pair[0].startswith(":")]
    # An answer to HEAD, or one that has no body by definition, keeps the length and coding it announced.
    if exchange.method != "HEAD" and exchange.status not in (204, 304):
        headers = [pair for pair in headers if pair[0].lower() not in _CODED]
        headers.append(("Content-Length", str(len(exchange.body))))
    return _head(f"HTTP/1.1 {exchange.status} {exchange.reason}".rstrip(), headers)


def request_head(exchange: Exchange) -> bytes:
    """Return request line and headers as sent, without the secrets of the person archiving."""
    parts = urlsplit(exchange.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        pair
        for pair in exchange.request_headers
        if not pair[0].startswith(":") and pair[0].lower() not in SECRET_HEADERS | {"content-length"}
    ]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    if exchange.request_body:
        headers.append(("Content-Length", str(len(exchange.request_body))))
    return _head(f"{exchange.method} {path} HTTP/1.1", headers)


def surt(url: str) -> str:
    """Return the key a CDXJ index is sorted by: the host reversed, all lower-case, the query's parameters in order."""
    parts = urlsplit(url)
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower())
    if not re.fullmatch(r"[\d.]+|.*:.*", host):
        host = ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port else ""
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    key = f"{host}{port}){parts.path or '/'}" + (f"?{query}" if query else "")
    return key.lower().replace(" ", "%20")


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
    """Return the digest as WARC writes it: base32 with its padding."""
    return "sha256:" + base64.b32encode(hashlib.sha256(data).digest()).decode()
