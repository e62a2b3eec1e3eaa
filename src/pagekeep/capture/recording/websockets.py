"""WebSockets of a visit: their handshake and messages (CDP ``Network``); interception does not see them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recording.exchange import Headers
from pagekeep.capture.recording.secrecy import Secrecy

# What is kept of one socket, and how many sockets of a visit: pages may talk for ever.
MOST_CHARACTERS = 1 << 20
MOST_SOCKETS = 100
BINARY = 2


@dataclass(slots=True)
class Message:
    """One message. ``data`` is text, or base64 where ``binary``; ``after`` is in seconds since the socket was made."""

    sent: bool
    after: float
    binary: bool
    data: str


@dataclass(slots=True)
class Socket:
    """One WebSocket (RFC 6455). ``dropped`` counts the messages beyond what is kept."""

    url: str
    time: datetime
    request_headers: Headers = ()
    status: int = 0
    response_headers: Headers = ()
    messages: list[Message] = field(default_factory=list)
    dropped: int = 0
    error: str = ""
    closed: bool = False
    size: int = 0
    began: float = 0.0


class WebSockets:
    """The sockets of one visit.

    Attributes:
        dropped: how many sockets beyond the first hundred there were.
    """

    def __init__(self, secrecy: Secrecy) -> None:
        self.dropped = 0
        self._secrecy = secrecy
        self._sockets: dict[str, Socket] = {}

    def watch(self, session: Session) -> None:
        """Listen to a target; ``Network.enable`` is sent by who owns the session."""
        session.on("Network.webSocketCreated", self._created)
        session.on("Network.webSocketWillSendHandshakeRequest", self._asks)
        session.on("Network.webSocketHandshakeResponseReceived", self._answered)
        session.on("Network.webSocketFrameSent", lambda event: self._message(event, sent=True))
        session.on("Network.webSocketFrameReceived", lambda event: self._message(event, sent=False))
        session.on("Network.webSocketFrameError", self._error)
        session.on("Network.webSocketClosed", self._closed)

    def __iter__(self) -> Iterator[Socket]:
        return iter(tuple(self._sockets.values()))

    def _created(self, event: Params) -> None:
        if len(self._sockets) < MOST_SOCKETS:
            url = self._secrecy.url(event["url"].split("#")[0])
            self._sockets[event["requestId"]] = Socket(url, datetime.now(UTC))
        else:
            self.dropped += 1

    def _asks(self, event: Params) -> None:
        if socket := self._sockets.get(event["requestId"]):
            socket.began = event["timestamp"]
            socket.request_headers = self._secrecy.headers(event["request"]["headers"].items())

    def _answered(self, event: Params) -> None:
        if socket := self._sockets.get(event["requestId"]):
            response = event["response"]
            socket.status = response["status"]
            socket.response_headers = self._secrecy.headers(response["headers"].items())
            if sent := response.get("requestHeaders"):
                socket.request_headers = self._secrecy.headers(sent.items())

    def _message(self, event: Params, *, sent: bool) -> None:
        socket = self._sockets.get(event["requestId"])
        if socket is None:
            return
        frame = event["response"]
        data = self._secrecy.hidden.text(frame["payloadData"]) if sent else frame["payloadData"]
        if socket.size + len(data) > MOST_CHARACTERS:
            socket.dropped += 1
            return
        socket.size += len(data) + 1  # empty ones are not for nothing either
        after = round(max(0.0, event["timestamp"] - socket.began), 3)
        socket.messages.append(Message(sent, after, frame["opcode"] == BINARY, data))

    def _error(self, event: Params) -> None:
        if socket := self._sockets.get(event["requestId"]):
            socket.error = event.get("errorMessage", "")

    def _closed(self, event: Params) -> None:
        if socket := self._sockets.get(event["requestId"]):
            socket.closed = True
