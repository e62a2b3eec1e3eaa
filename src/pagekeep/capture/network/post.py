"""One POST to an address that was approved: no redirect is followed, and neither time nor bytes can run away."""

import http.client
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.direct import exchange

MAX_ANSWER = 4096
"""Bytes of an answer's body that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the beginning of the body, unless it is a success, and where a redirect leads."""

    status: int
    text: str = ""
    location: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], policy: AddressPolicy, *, seconds: float) -> Answer:
    """Send a POST and return the answer, whatever its status. See `direct.exchange` for arguments and errors."""
    return exchange("POST", url, body, headers, policy, seconds=seconds, read=_answer)


def _answer(response: http.client.HTTPResponse, _: Event) -> Answer:
    if 200 <= response.status < 300:
        return Answer(response.status)
    text = b""
    with suppress(OSError, http.client.HTTPException):  # the status is what counts
        text = response.read(MAX_ANSWER)
    return Answer(response.status, text.decode("utf-8", "replace"), response.getheader("Location") or "")
