"""Responses the browser does not pause: scripts of workers that workers start, and what it loads ahead by itself."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange, header_pairs
from pagekeep.capture.recording.secrecy import Secrecy

# What is asked for when nobody waits for it, or by one who is told only when it has come.
TYPES = frozenset({"Script", "Prefetch"})
Take = Callable[[Session, Exchange], None]


class Unpaused:
    """Finds such responses by what ``Network`` tells of them.

    Args:
        take: is given each with the session that may have its body.
        folder: where large bodies are kept.
    """

    def __init__(self, take: Take, folder: Path | None, secrecy: Secrecy) -> None:
        self._take, self._folder, self._secrecy = take, folder, secrecy
        self._requests: dict[str, Params] = {}
        self._paused: set[str] = set()
        self._answered: dict[str, Exchange] = {}

    def watch(self, session: Session) -> None:
        """Listen to a target; ``Network.enable`` is sent by who owns the session."""
        session.on("Network.requestWillBeSent", self._request)
        session.on("Network.requestServedFromCache", self._cached)
        session.on("Network.responseReceived", self._response)
        session.on("Network.loadingFinished", lambda event: self._finished(session, event))

    def paused(self, request_id: str) -> None:
        """Note a request that interception knows of."""
        self._paused.add(request_id)

    def _request(self, event: Params) -> None:
        if event.get("type") in TYPES and event["request"]["url"].startswith("http"):
            self._requests[event["requestId"]] = event["request"]

    def _cached(self, event: Params) -> None:
        self._requests.pop(event["requestId"], None)

    def _response(self, event: Params) -> None:
        request, response = self._requests.get(event["requestId"]), event["response"]
        again = response.get("fromDiskCache") or response.get("fromServiceWorker")
        if request is None or again or event["requestId"] in self._paused:
            return
        self._answered[event["requestId"]] = Exchange(
            url=self._secrecy.url(response["url"].split("#")[0]),
            method=request["method"],
            request_headers=header_pairs(request["headers"].items()),
            request_body=b"",
            status=response["status"],
            reason=response.get("statusText", ""),
            response_headers=header_pairs(response["headers"].items()),
            body=Body(self._folder),
            resource_type=event["type"],
            time=datetime.now(UTC),
            request_id=event["requestId"],
            frame_id=event.get("frameId", ""),
        )

    def _finished(self, session: Session, event: Params) -> None:
        self._requests.pop(event["requestId"], None)
        exchange = self._answered.pop(event["requestId"], None)
        if exchange and event["requestId"] not in self._paused:
            self._take(session, exchange)


async def read_kept(session: Session, exchange: Exchange) -> None:
    """Read a body the browser still has into its exchange.

    Raises:
        DevToolsError: it does not have it.
    """
    reply = await session.call("Network.getResponseBody", requestId=exchange.request_id)
    body: str = reply["body"]
    exchange.body.write(base64.b64decode(body) if reply["base64Encoded"] else body.encode())
