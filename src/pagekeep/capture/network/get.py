"""A small file of a site, such as robots.txt, fetched without a browser; every hop's address is approved anew."""

import http.client
import time
from dataclasses import dataclass
from threading import Event
from urllib.parse import urljoin

from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.direct import exchange
from pagekeep.domain.errors import BadInput, CaptureError, TimeBudgetExceeded
from pagekeep.domain.urls import credentials_of, parse_url, shorten, without_credentials

MAX_REDIRECTS = 5
_PIECE = 2**16
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back. ``body`` is cut off where ``is_whole`` is False; ``url`` is where redirects led.

    ``status`` is that of a redirect where there were too many of them, or one that led nowhere.
    """

    url: str
    status: int
    body: bytes = b""
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class _Hop:
    status: int
    body: bytes
    is_whole: bool
    location: str


def get(
    url: str,
    policy: AddressPolicy,
    *,
    user_agent: str,
    seconds: float,
    max_bytes: int,
    check_certificates: bool = True,
) -> Fetched:
    """Fetch a file, following up to `MAX_REDIRECTS` redirects.

    Args:
        seconds: for all hops together, except for the resolver, which has limits of its own.
        max_bytes: how much of a successful answer's body is read.

    Raises:
        AddressRefused, TimeBudgetExceeded, CaptureError: as `direct.exchange`.
    """
    until = time.monotonic() + seconds
    headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}

    def read(response: http.client.HTTPResponse, late: Event) -> _Hop:
        body, is_whole = _read(response, late, max_bytes if 200 <= response.status < 300 else 0)
        return _Hop(response.status, body, is_whole, response.getheader("Location") or "")

    for _ in range(MAX_REDIRECTS + 1):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeBudgetExceeded(f"{shorten(url)} was not there within {seconds:g} seconds.")
        hop = exchange(
            "GET", url, None, headers, policy, seconds=left, read=read, check_certificates=check_certificates
        )
        onward = _onward(url, hop)
        if not onward:
            break
        url = onward
    return Fetched(url, hop.status, hop.body, hop.is_whole)


def _onward(url: str, hop: _Hop) -> str:
    if hop.status not in _REDIRECTS or not hop.location:
        return ""
    try:
        onward = parse_url(urljoin(url, hop.location))
    except (BadInput, ValueError):
        return ""
    return without_credentials(onward) if credentials_of(onward) else onward


def _read(response: http.client.HTTPResponse, late: Event, most: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    size = 0
    while size < most:
        piece = response.read1(min(_PIECE, most - size))
        if late.is_set():
            raise TimeoutError
        if not piece:
            if response.length:  # the server promised more
                raise CaptureError("The connection broke off in the middle of the file.")
            return b"".join(pieces), True
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), not most
