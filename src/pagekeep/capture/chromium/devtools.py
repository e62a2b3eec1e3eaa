"""A small client for the Chrome DevTools Protocol over a pipe.

Framing: JSON messages, each followed by a NUL byte, on two pipes (Chromium's ``--remote-debugging-pipe``).
"""

import asyncio
import base64
import contextlib
import json
import logging
import os
from collections.abc import AsyncGenerator, Callable
from typing import Any

import orjson

from pagekeep.domain.errors import BrowserDied, CaptureError

Params = dict[str, Any]
Handler = Callable[[Params], None]
READ_CHUNK = 1 << 20
log = logging.getLogger(__name__)


class DevToolsError(CaptureError):
    """The browser answered a command with an error."""


class Connection:
    """One browser, reached over its pipe. Create with :meth:`open`."""

    def __init__(self) -> None:
        self._writer: asyncio.WriteTransport | None = None
        self._reader: asyncio.ReadTransport | None = None
        self._pending: dict[int, tuple[str, asyncio.Future[Params]]] = {}
        self._sessions: dict[str, Session] = {}
        self._last_id = 0
        self.closed = asyncio.Event()
        self.browser = Session(self, "")

    @classmethod
    async def open(cls, read_fd: int, write_fd: int) -> "Connection":
        """Take over both pipe ends.

        Args:
            read_fd: what the browser writes to.
            write_fd: what the browser reads from.
        """
        connection = cls()
        loop = asyncio.get_running_loop()
        reader, _ = await loop.connect_read_pipe(
            lambda: _Frames(connection._receive, connection._lost), os.fdopen(read_fd, "rb", buffering=0)
        )
        writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write_fd, "wb", buffering=0))
        connection._reader, connection._writer = reader, writer
        return connection

    def close(self) -> None:
        """Close both pipes; whoever still waits gets :class:`BrowserDied`."""
        for transport in (self._reader, self._writer):
            if transport is not None:
                transport.close()
        self._lost()

    def session(self, session_id: str) -> "Session":
        """Return the session with this id, made on first use."""
        if session_id not in self._sessions:
            self._sessions[session_id] = Session(self, session_id)
        return self._sessions[session_id]

    def forget(self, session_id: str) -> None:
        """Drop a session whose target has gone; its waiting commands fail."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.detach()

    def send(self, session_id: str, method: str, params: Params) -> asyncio.Future[Params]:
        """Send a command; the future holds its result, or fails with DevToolsError or BrowserDied."""
        future: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        if self.closed.is_set() or self._writer is None:
            future.set_exception(BrowserDied("The browser has ended."))
            return future
        self._last_id += 1
        message: Params = {"id": self._last_id, "method": method, "params": params}
        if session_id:
            message["sessionId"] = session_id
        self._pending[self._last_id] = (session_id, future)
        self._writer.write(orjson.dumps(message) + b"\0")
        return future

    def fail_pending(self, session_id: str) -> None:
        """Fail every command of a session that will not be answered any more."""
        for number in [n for n, (owner, _) in self._pending.items() if owner == session_id]:
            _fail(self._pending.pop(number)[1], DevToolsError("The page was closed."))

    def _receive(self, frame: bytes) -> None:
        message = _parse(frame)
        if "id" in message:
            _, future = self._pending.pop(message["id"], (None, None))
            if future is None or future.done():
                return
            if "error" in message:
                _fail(future, DevToolsError(message["error"].get("message", "unknown error")))
            else:
                future.set_result(message.get("result", {}))
            return
        session_id = message.get("sessionId", "")
        session = self._sessions.get(session_id) if session_id else self.browser
        if session is not None:
            session.dispatch(message["method"], message.get("params", {}))

    def _lost(self) -> None:
        if self.closed.is_set():
            return
        self.closed.set()
        pending, self._pending = self._pending, {}
        for _, future in pending.values():
            _fail(future, BrowserDied("The browser ended while the page was open."))


class Session:
    """Commands to and events from one target (a page, frame, worker, or the browser itself)."""

    def __init__(self, connection: Connection, session_id: str) -> None:
        self.connection = connection
        self.id = session_id
        self.detached = False
        self._handlers: dict[str, list[Handler]] = {}

    async def call(self, method: str, **params: Any) -> Params:
        """Send a command and return its result.

        Raises:
            DevToolsError: the browser refused it. BrowserDied: the browser is gone.
        """
        if self.detached:
            raise DevToolsError("The page was closed.")
        return await self.connection.send(self.id, method, params)

    def post(self, method: str, **params: Any) -> None:
        """Send a command whose answer does not matter: one that is refused because its target just went is no loss."""
        if not self.detached:
            self.connection.send(self.id, method, params).add_done_callback(_consume)

    def on(self, event: str, handler: Handler) -> None:
        """Call ``handler`` with the parameters of each such event."""
        self._handlers.setdefault(event, []).append(handler)

    def dispatch(self, event: str, params: Params) -> None:
        """Hand an event to its handlers."""
        for handler in self._handlers.get(event, ()):
            handler(params)

    def detach(self) -> None:
        """The target has gone."""
        self.detached = True
        self._handlers.clear()
        self.connection.fail_pending(self.id)

    async def read_stream(self, handle: str, limit: int) -> bytes:
        """Read a stream to its end.

        Args:
            limit: bytes; a longer stream raises DevToolsError.
        """
        whole = bytearray()
        async with contextlib.aclosing(self.stream(handle)) as chunks:
            async for chunk in chunks:
                whole += chunk
                if len(whole) > limit:
                    raise DevToolsError(f"It is larger than the limit of {limit} bytes.")
        return bytes(whole)

    async def stream(self, handle: str) -> AsyncGenerator[bytes]:
        """Yield a stream (IO domain) piece by piece to its end, and close it however that goes."""
        try:
            while True:
                answer = await self.call("IO.read", handle=handle, size=READ_CHUNK)
                data = answer["data"]
                if data:
                    yield base64.b64decode(data) if answer.get("base64Encoded") else data.encode()
                if answer.get("eof"):
                    return
        finally:
            self.post("IO.close", handle=handle)


class _Frames(asyncio.Protocol):
    """Cuts the byte stream at NUL bytes."""

    def __init__(self, receive: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        *ended, rest = data.split(b"\0")
        for part in ended:
            frame = b"".join((*self._parts, part))
            self._parts.clear()
            try:
                self._receive(frame)
            except Exception:  # what one page makes us stumble over must not cost the messages of the others
                log.exception("A message of the browser could not be handled")
        if rest:
            self._parts.append(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()


def _parse(frame: bytes) -> Params:
    """Return the message; where a page's text holds half a surrogate pair, U+FFFD stands in its place."""
    try:
        message: Params = orjson.loads(frame)
    except orjson.JSONDecodeError:
        message = json.loads(frame, object_pairs_hook=lambda pairs: {k: _mend(v) for k, v in pairs})
    return message


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mend(item) for item in value]
    return value


def _fail(future: asyncio.Future[Params], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # marks it as retrieved: nobody may be waiting any more


def _consume(future: asyncio.Future[Params]) -> None:
    if not future.cancelled():
        future.exception()
