"""One GET without a browser, over HTTP/1.1 and through the visit's egress: for what needs none.

Whatever a server does that is not plain and clear is given up: the browser asks then, and says what is wrong.
"""

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pagekeep.capture.network.egress import Egress
from pagekeep.capture.network.socks import connect_by_name
from pagekeep.capture.network.tls_handshake import chain_of_connection

Headers = tuple[tuple[str, str], ...]
CODINGS = "gzip, deflate"
_DECODED = frozenset({"gzip", "x-gzip", "deflate"})
# As browsers limit it (bytes).
MAX_HEAD = 256 << 10
_CHUNK = 256 << 10
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([^\r\n]*))?", re.ASCII)
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_AS_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F))


class NotPlain(Exception):
    """The server cannot be reached or understood in this plain way."""


@dataclass(frozen=True, slots=True)
class Secured:
    """How a connection was encrypted; ``chain`` are the server's certificates (DER), its own first."""

    protocol: str
    cipher: str
    chain: tuple[bytes, ...]


@dataclass(slots=True)
class Answer:
    """The head of a response, and its body while it comes.

    Attributes:
        sent: the request's headers as they were sent.
        protocol: ``http/1.1`` or ``http/1.0``.
        secured: None over plain http.
    """

    status: int
    reason: str
    headers: Headers
    sent: Headers
    protocol: str
    secured: Secured | None
    _reader: asyncio.StreamReader

    def header(self, name: str) -> str:
        """Return the first header of this (lower-case) name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    async def body(self) -> AsyncGenerator[bytes, None]:
        """Yield the body, decoded.

        Raises:
            NotPlain: it breaks off, or breaks the rules of HTTP or of its coding; what came was given.
        """
        plain = self.header("content-encoding").strip().lower() in ("", "identity")
        try:
            async with aclosing(self._transferred()) as pieces, aclosing(_decoded(pieces)) as decoded:
                async for piece in pieces if plain else decoded:
                    yield piece
        except (OSError, EOFError, zlib.error, asyncio.LimitOverrunError) as error:
            raise NotPlain("The body broke off.") from error

    async def _transferred(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it came, the transfer coding taken off (RFC 9112, sections 6 and 7)."""
        if self.status in (204, 304):
            return
        if coding := self.header("transfer-encoding").strip().lower():
            if coding != "chunked":
                raise NotPlain(f"The transfer coding {coding!r} is not known.")
            async with aclosing(_chunks(self._reader)) as chunks:
                async for piece in chunks:
                    yield piece
            return
        left = _length(self.headers)
        while left is None or left:
            piece = await self._reader.read(min(_CHUNK, left) if left is not None else _CHUNK)
            if not piece and left:
                raise EOFError
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


@asynccontextmanager
async def get(
    url: str, headers: Sequence[tuple[str, str]], egress: Egress, *, check_certificates: bool
) -> AsyncIterator[Answer]:
    """Ask for a URL and yield the answer once its head is there; no redirect is followed.

    Args:
        url: http or https, without credentials.
        headers: what is sent beside ``Host`` and ``Connection``.

    Raises:
        NotPlain: there is no answer, or none that is understood.
    """
    writer: asyncio.StreamWriter | None = None
    try:
        try:
            parts = urlsplit(url)
            secure = parts.scheme.lower() == "https"
            host, port = parts.hostname or "", parts.port or (443 if secure else 80)
            path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_AS_WRITTEN)
            reader, writer = await connect_by_name(egress.port, host, port, limit=MAX_HEAD)
            secured = await _with_tls(writer, host, check=check_certificates) if secure else None
            sent = (("Host", parts.netloc.rpartition("@")[2]), ("Connection", "close"), *headers)
            lines = (f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent))
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            answer = await _read_head(reader, sent, secured)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:  # UnicodeError is a ValueError
            raise NotPlain(str(error) or type(error).__name__) from error
        yield answer
    finally:
        if writer is not None:
            writer.transport.abort()


async def _with_tls(writer: asyncio.StreamWriter, host: str, *, check: bool) -> Secured:
    context = ssl.create_default_context()
    if not check:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await writer.start_tls(context, server_hostname=host)
    connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
    cipher = connection.cipher()
    chain = tuple(chain_of_connection(connection))
    return Secured((connection.version() or "").replace("TLSv", "TLS "), cipher[0] if cipher else "", chain)


async def _read_head(reader: asyncio.StreamReader, sent: Headers, secured: Secured | None) -> Answer:
    """Read status line and headers of the final response; interim ones (1xx) are passed over."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = re.sub(rb"\r\n[ \t]+", b" ", head[:-4]).split(b"\r\n")
        told = _STATUS.fullmatch(first)
        if told is None:
            raise NotPlain("The answer is not HTTP.")
        if not told[2].startswith(b"1"):
            headers = tuple(_header(line) for line in lines)
            reason = (told[3] or b"").decode("latin-1").strip()
            return Answer(int(told[2]), reason, headers, sent, f"http/1.{told[1].decode()}", secured, reader)


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    # What the browser would not take back when a page is handed to it (RFC 9110, section 5.5).
    if not colon or not _NAME.fullmatch(name) or re.search(rb"[\0\r\n]", value):
        raise NotPlain("A header of the answer is not one.")
    return name.decode("ascii"), value.strip(b" \t").decode("latin-1")


def _length(headers: Headers) -> int | None:
    """Return the length the body has, None where the end of the connection tells it."""
    told = {value.strip() for name, value in headers if name.lower() == "content-length"}
    if not told:
        return None
    (text, *others) = told
    if others or not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise NotPlain("The answer's length is not clear.")
    return int(text)


async def _chunks(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while True:
        line = await reader.readuntil(b"\n")
        size = re.fullmatch(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n", line)
        if size is None:
            raise NotPlain("The chunked body is not one.")
        left = int(size[1], 16)
        if not left:
            return
        while left:
            piece = await reader.read(min(_CHUNK, left))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece
        await reader.readexactly(2)


async def _decoded(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Take gzip or deflate off; what some send as deflate lacks the wrapper of RFC 1950."""
    decoder: zlib._Decompress | None = None
    async for piece in pieces:
        if decoder is None:
            wrapped = piece[0] & 0x0F == 8 or piece[0] == 0x1F
            decoder = zlib.decompressobj(zlib.MAX_WBITS | 32 if wrapped else -zlib.MAX_WBITS)
        while piece:
            if decoded := decoder.decompress(piece, _CHUNK):
                yield decoded
            piece = decoder.unconsumed_tail
    if decoder is not None and not decoder.eof:
        raise EOFError


def can_decode(answer: Answer) -> bool:
    """Return whether the body comes in a coding that is understood here."""
    return answer.header("content-encoding").strip().lower() in ("", "identity", *_DECODED)
