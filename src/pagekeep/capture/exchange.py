"""One request of a visit and the response to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pagekeep.capture.body import Body

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Exchange:
    """One request and the response to it.

    Attributes:
        truncated: why the body is not whole (ISO 28500, WARC-Truncated), or empty.
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

    @property
    def mimetype(self) -> str:
        """The media type the response declares, lower-case, without parameters."""
        return self.header("content-type").split(";")[0].strip().lower()

    def header(self, name: str) -> str:
        """Return the first response header of this (lower-case) name, or an empty string."""
        return next((value for key, value in self.response_headers if key.lower() == name), "")


def header_pairs(items: Iterable[tuple[str, Any]]) -> Headers:
    """Return header pairs; the browser joins repeated ones by line feeds."""
    return tuple((name, part) for name, value in items for part in str(value).split("\n"))
