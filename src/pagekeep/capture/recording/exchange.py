"""One request of a visit and the response to it."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pagekeep.capture.recording.body import Body

Headers = tuple[tuple[str, str], ...]
_MEDIA_TYPE = re.compile(r"[^/]+/[^/]+")
_VERSIONS = {"h2": "HTTP/2", "h3": "HTTP/3", "http/1.1": "HTTP/1.1", "http/1.0": "HTTP/1.0"}


@dataclass(slots=True)
class Told:
    """What the browser tells of an exchange beside its headers; whatever it does not tell is empty.

    Attributes:
        started: when it was asked for (seconds since the epoch).
        ended: when its last byte came (seconds of the browser's own clock).
        timing: its phases (DevTools protocol, ``Network.ResourceTiming``).
        security: TLS version, cipher and certificate (``Network.SecurityDetails``).
        chain: the server's certificates (DER), its own first.
        connection: number of the connection it came by.
        head_size: bytes of the response head on the wire.
        size: bytes of the whole response on the wire.
    """

    started: float | None = None
    ended: float | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    security: Mapping[str, Any] = field(default_factory=dict)
    chain: tuple[bytes, ...] = ()
    connection: str = ""
    head_size: int | None = None
    size: int | None = None


@dataclass(slots=True)
class Exchange:
    """One request and the response to it.

    Attributes:
        truncated: why the body is not whole (ISO 28500, WARC-Truncated), or empty.
        revisits: the earlier exchange whose payload the server says is still the same (status 304).
    """

    url: str
    method: str
    request_headers: Headers
    request_body: bytes
    status: int
    reason: str
    response_headers: Headers
    body: Body
    resource_type: str
    time: datetime
    protocol: str = ""
    remote_address: str = ""
    truncated: str = ""
    request_id: str = ""
    frame_id: str = ""
    told: Told = field(default_factory=Told)
    revisits: "Exchange | None" = None

    @property
    def mimetype(self) -> str:
        """The media type the response declares, lower-case, without parameters."""
        values = [value for name, value in self.response_headers if name.lower() == "content-type"]
        return media_type(",".join(values))

    @property
    def http_version(self) -> str:
        """The HTTP version as people write it."""
        return _VERSIONS.get(self.protocol, self.protocol or "HTTP/1.1")

    @property
    def payload_digest(self) -> str:
        """The sha256 of ``body`` as WARC writes it: base32 with its padding."""
        return "sha256:" + base64.b32encode(self.body.sha256).decode()

    def header(self, name: str) -> str:
        """Return the first response header of this (lower-case) name, or an empty string."""
        return next((value for key, value in self.response_headers if key.lower() == name), "")


def media_type(content_type: str) -> str:
    """Return the media type a Content-Type header names, lower-case, as browsers read it; empty where it names none.

    The last valid one counts, and what follows it need not be set off as it should (WHATWG Fetch, "extract a MIME
    type"; Chromium, ``HttpUtil::ParseContentType``).
    """
    types = (re.split(r"[;\s(]", value.strip(), maxsplit=1)[0].lower() for value in content_type.split(","))
    return next((one for one in reversed(list(types)) if _MEDIA_TYPE.fullmatch(one) and one != "*/*"), "")


def header_pairs(items: Iterable[tuple[str, Any]]) -> Headers:
    """Return header pairs; the browser joins repeated ones by line feeds."""
    return tuple((name, part) for name, value in items for part in str(value).split("\n"))
