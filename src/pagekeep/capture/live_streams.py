"""Responses that may never end, such as server-sent events: read while the page has them (CDP ``Network``)."""

import asyncio
import base64
from dataclasses import dataclass, field

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.exchange import Exchange


@dataclass(slots=True)
class _Followed:
    """A response that is read, and what came of it before we know how it began."""

    exchange: Exchange
    limit: int
    early: list[bytes] | None = field(default_factory=list)

    def begin(self, call: asyncio.Future[Params]) -> None:
        """Take in what the browser had before it was asked."""
        early, self.early = self.early or [], None
        if not call.cancelled() and not call.exception():
            for data in (base64.b64decode(call.result().get("bufferedData", "")), *early):
                self.take(data)

    def take(self, data: bytes) -> None:
        if self.early is not None:
            self.early.append(data)
            return
        room = max(0, self.limit - self.exchange.body.size)
        self.exchange.body.write(data[:room])
        if len(data) > room:
            self.exchange.truncated = "length"


class LiveStreams:
    """The endless responses of one visit, by request id."""

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}

    def watch(self, session: Session) -> None:
        """Listen to a target; ``Network.enable`` is sent by who owns the session."""
        session.on("Network.responseReceived", lambda event: self._begun(session, event))
        session.on("Network.dataReceived", self._data)
        session.on("Network.loadingFinished", self._ended)

    def follow(self, exchange: Exchange, limit: int) -> None:
        """Read what comes of a response, at most ``limit`` bytes, until it ends or `stop` is called."""
        exchange.truncated = "time"
        self._followed[exchange.request_id] = _Followed(exchange, limit)

    def stop(self) -> None:
        """Read no further."""
        self._followed.clear()

    def _begun(self, session: Session, event: Params) -> None:
        followed = self._followed.get(event["requestId"])
        if followed and not session.detached:
            call = session.connection.send(
                session.id, "Network.streamResourceContent", {"requestId": event["requestId"]}
            )
            call.add_done_callback(followed.begin)

    def _data(self, event: Params) -> None:
        followed = self._followed.get(event["requestId"])
        if followed and "data" in event:
            followed.take(base64.b64decode(event["data"]))

    def _ended(self, event: Params) -> None:
        followed = self._followed.pop(event["requestId"], None)
        if followed and followed.exchange.truncated == "time":
            followed.exchange.truncated = ""
