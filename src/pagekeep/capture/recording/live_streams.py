"""Responses that may never end, such as server-sent events: read while the page has them (CDP ``Network``)."""

import base64
import logging
from dataclasses import dataclass

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recording.exchange import Exchange

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Followed:
    exchange: Exchange
    limit: int

    def take(self, data: bytes) -> None:
        room = max(0, self.limit - self.exchange.body.size)
        self.exchange.body.write(data[:room])
        if len(data) > room:
            self.exchange.truncated = "length"


class LiveStreams:
    """The endless responses of one visit, by request id."""

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}
        self._sessions: list[Session] = []

    def watch(self, session: Session) -> None:
        """Listen to a target; ``Network.enable`` is sent by who owns the session."""
        self._sessions.append(session)
        session.on("Network.dataReceived", self._data)
        session.on("Network.loadingFinished", self._ended)

    def follow(self, exchange: Exchange, limit: int) -> None:
        """Read what comes of a response, at most ``limit`` bytes, until it ends or `stop` is called.

        Call it while the response is paused: what has come before is not told. Of a worker's response the page's
        session tells that it is paused, and the worker's alone what comes: whose it is, each is asked.
        """
        exchange.truncated = "time"
        self._followed[exchange.request_id] = _Followed(exchange, limit)
        for session in self._sessions:
            session.post("Network.streamResourceContent", requestId=exchange.request_id)

    def stop(self) -> None:
        """Read no further."""
        self._followed.clear()

    def _data(self, event: Params) -> None:
        followed = self._followed.get(event["requestId"])
        if followed and "data" in event:
            try:
                followed.take(base64.b64decode(event["data"]))
            except OSError as error:
                log.warning("A stream could not be kept meanwhile in the temporary folder: %s", error)
                del self._followed[event["requestId"]]
                followed.exchange.body.clear()
                followed.exchange.truncated = "unspecified"

    def _ended(self, event: Params) -> None:
        followed = self._followed.pop(event["requestId"], None)
        if followed and followed.exchange.truncated == "time":
            followed.exchange.truncated = ""
