"""Bodies that come in chunks, their length untold (RFC 9112, 7.1): Django itself takes them for empty."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Protocol

from django.core.exceptions import RequestDataTooBig

from pagekeep.project.proxies import WSGIApplication

AROUND_FILES = 2**20
"""Bytes for the fields of a form with files, and for what separates its parts."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def take_chunked(application: WSGIApplication, most_in_memory: int, most_of_files: int) -> WSGIApplication:
    """Wrap a WSGI application so that it also gets bodies of which the client does not say how long they are.

    Forms with files are passed on as they come. Everything else is read first; of what is too large only so much
    that the application sees that it is.

    Args:
        most_in_memory: bytes that the application accepts of a body without files.
        most_of_files: bytes that it accepts of all files together.
    """

    def taking(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() and not environ.get("CONTENT_LENGTH"):
            if environ.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
                most = most_of_files + AROUND_FILES
                environ["wsgi.input"] = _AtMost(environ["wsgi.input"], most)
                environ["CONTENT_LENGTH"] = str(most + 1)
            else:
                body = _up_to(environ["wsgi.input"], most_in_memory + 1)
                environ["wsgi.input"] = BytesIO(body)
                environ["CONTENT_LENGTH"] = str(len(body))
        return application(environ, start_response)

    return taking


def _up_to(stream: _Readable, size: int) -> bytes:
    """Return what is in a stream, at most ``size`` bytes."""
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class _AtMost:
    """A stream that is refused as soon as it turns out to be too long."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int = -1, /) -> bytes:
        return self._counted(self._stream.readline(size))

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise RequestDataTooBig("The body is larger than this server accepts.")
        return piece
