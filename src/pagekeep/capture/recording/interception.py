"""What the browser tells of a request it has paused (CDP ``Fetch``), and how such a request is answered."""

import base64
import contextlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.content_policy import NAMES as POLICY_HEADERS
from pagekeep.capture.recording.content_policy import relax
from pagekeep.capture.recording.exchange import Exchange, header_pairs
from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.domain.errors import ByteBudgetExceeded

# The browser takes no message of 100 MiB; in base64 that is a body of 75.
FULFILLED = 64 << 20
# What may be read in one piece: its length is known, or its coding cannot blow it up to more than 100 MB.
SMALL = 1 << 20
SMALL_GZIP = 100_000
_DROPPED = frozenset({"content-encoding", "transfer-encoding"})


def exchange_of(event: Params, folder: Path | None, secrecy: Secrecy) -> Exchange:
    """Return the exchange of a request paused at its response, its body not yet read.

    Args:
        folder: where a large body's temporary file is made.
    """
    request = event["request"]
    return Exchange(
        url=secrecy.url(request["url"].split("#")[0]),
        method=request["method"],
        request_headers=secrecy.headers(request["headers"].items()),
        request_body=secrecy.hidden.data(_post_data(request)),
        status=event["responseStatusCode"],
        reason=event.get("responseStatusText", ""),
        response_headers=header_pairs((h["name"], h["value"]) for h in event.get("responseHeaders", ())),
        body=Body(folder),
        resource_type=event.get("resourceType", "Other"),
        time=datetime.now(UTC),
        request_id=event.get("networkId", ""),
        frame_id=event.get("frameId", ""),
    )


def is_read_at_once(exchange: Exchange, limit: int) -> bool:
    """Return whether a body is read in one piece, which leaves it with the browser; else it has to be given back."""
    coding, length = exchange.header("content-encoding").strip().lower(), declared_length(exchange)
    plain = coding in ("", "identity")
    most = SMALL if plain else SMALL_GZIP if coding in ("gzip", "x-gzip", "deflate") else 0
    # A page too large to be given back has to stay with the browser.
    huge_page = plain and FULFILLED < length <= limit and exchange.resource_type == "Document"
    told = length > 0 or exchange.header("content-length").strip() == "0"
    return (told and length <= most) or huge_page


async def read_body(session: Session, request_id: str, exchange: Exchange, limit: int, *, at_once: bool) -> None:
    """Read the body of a paused response into its exchange.

    Args:
        limit: bytes; of what is larger the beginning is read.
        at_once: see :func:`is_read_at_once`.

    Raises:
        DevToolsError: the connection broke off, or the page went away; the exchange has what came.
        ByteBudgetExceeded: there is more than ``limit``.
    """
    if at_once:
        reply = await session.call("Fetch.getResponseBody", requestId=request_id)
        body = reply["body"]
        _take(exchange, base64.b64decode(body) if reply["base64Encoded"] else body.encode(), limit)
        return
    stream = (await session.call("Fetch.takeResponseBodyAsStream", requestId=request_id))["stream"]
    async with contextlib.aclosing(session.stream(stream)) as chunks:
        async for chunk in chunks:
            _take(exchange, chunk, limit)


def _take(exchange: Exchange, data: bytes, limit: int) -> None:
    exchange.body.write(data[: limit - exchange.body.size])
    if exchange.body.size == limit:
        raise ByteBudgetExceeded(f"It is larger than {limit} bytes.")


def answer(session: Session, request_id: str, exchange: Exchange, *, cookies: bool = True) -> None:
    """Answer a paused request as the origin did, policies relaxed; one whose body is too large for that fails.

    Args:
        cookies: whether they are set, too.
    """
    if exchange.body.size > FULFILLED:
        refuse(session, request_id, "Failed")
        return
    # Some pages ask for the length themselves.
    dropped = _DROPPED if _is_as_announced(exchange) else _DROPPED | {"content-length"}
    if not cookies:
        dropped = dropped | {"set-cookie"}
    headers = [
        {"name": n, "value": relax(v) if n.lower() in POLICY_HEADERS else v}
        for n, v in exchange.response_headers
        if n.lower() not in dropped and n[:1] != ":"
    ]
    session.post(
        "Fetch.fulfillRequest",
        requestId=request_id,
        responseCode=exchange.status,
        responsePhrase=_phrase(exchange),
        responseHeaders=headers,
        body=exchange.body.base64(),
    )


def _phrase(exchange: Exchange) -> str:
    """Return the reason phrase; the browser takes none that is empty with a status it does not know."""
    try:
        return exchange.reason or HTTPStatus(exchange.status).phrase
    except ValueError:
        return "Unknown"


def refuse(session: Session, request_id: str, why: str) -> None:
    """Fail a paused request.

    Args:
        why: a ``Network.ErrorReason``.
    """
    session.post("Fetch.failRequest", requestId=request_id, errorReason=why)


def proceed(session: Session, request_id: str, headers: Mapping[str, str] | None = None) -> None:
    """Let the browser go on with a paused request.

    Args:
        headers: what it sends instead of its own; None for those.
    """
    changed = {} if headers is None else {"headers": [{"name": n, "value": v} for n, v in headers.items()]}
    session.post("Fetch.continueRequest", requestId=request_id, **changed)


def has_policy(exchange: Exchange) -> bool:
    """Return whether a policy would stop our own scripts."""
    return any(name.lower() in POLICY_HEADERS for name, _ in exchange.response_headers)


def is_cut_short(exchange: Exchange) -> bool:
    """Return whether less came than was announced."""
    return not exchange.header("content-encoding") and exchange.body.size < declared_length(exchange)


def _is_as_announced(exchange: Exchange) -> bool:
    return not exchange.header("content-encoding") and exchange.body.size == declared_length(exchange)


def declared_length(exchange: Exchange) -> int:
    """Return the length the response announces, in bytes and encoded; 0 where it announces none."""
    value = exchange.header("content-length").strip()
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0


def _post_data(request: Params) -> bytes:
    if entries := request.get("postDataEntries"):
        return b"".join(base64.b64decode(entry["bytes"]) for entry in entries if "bytes" in entry)
    return str(request.get("postData", "")).encode()
