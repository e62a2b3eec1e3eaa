"""One direction of a relayed connection."""

import asyncio
import contextlib
import socket
from collections.abc import Callable


class Flow:
    """One direction of a connection, as plain callbacks on the sockets: a third of the cost of asyncio's streams.

    ``ended`` is done when the source has ended and all of it is handed on, or when the target takes no more (what the
    target still says comes the other way); it holds the error when the source broke.
    """

    def __init__(
        self, source: socket.socket, target: socket.socket, buffer: memoryview, count: Callable[[int], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._source, self._target, self._buffer, self._count = source, target, buffer, count
        self._unsent = memoryview(b"")
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(source, self._readable)

    def stop(self) -> None:
        """Take the hands off both sockets."""
        self._loop.remove_reader(self._source)
        self._loop.remove_writer(self._target)

    def _readable(self) -> None:
        try:
            size = self._source.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self.stop()
            if not self.ended.done():
                self.ended.set_exception(error)
            return
        if not size:
            self._end()
            return
        self._unsent = self._buffer[:size]
        if not self._push():
            # Nothing more is read until the target has taken this: that is the back-pressure. The buffer is shared.
            self._unsent = memoryview(bytes(self._unsent))
            self._loop.remove_reader(self._source)
            self._loop.add_writer(self._target, self._writable)

    def _writable(self) -> None:
        if self._push() and not self.ended.done():
            self._loop.remove_writer(self._target)
            self._loop.add_reader(self._source, self._readable)

    def _push(self) -> bool:
        """Send what is unsent; return whether nothing is left to do about it."""
        try:
            size = self._target.send(self._unsent)
        except BlockingIOError:
            return False
        except OSError:
            self._end()
            return True
        self._count(size)
        self._unsent = self._unsent[size:]
        return not self._unsent

    def _end(self) -> None:
        self.stop()
        with contextlib.suppress(OSError):  # the target has gone already
            self._target.shutdown(socket.SHUT_WR)
        if not self.ended.done():  # the visit may have ended it first
            self.ended.set_result(None)
