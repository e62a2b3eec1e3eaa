"""A file that was kept of the same URL before: the server is asked whether it has changed since."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pagekeep.capture.formats.retry_after import http_date
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange, Headers
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.results import StoredFile

# RFC 9110, 8.8.3, in ASCII.
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_ONE_LINE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A file an earlier snapshot keeps, and what reads it; that may fail as reading from disk does."""

    stored: StoredFile
    read: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is kept of a URL that led to a file.

    Attributes:
        url: where it came from in the end.
        time: when it came.
        headers: those it came with.
        newer: those of the last answer that it had not changed; empty where there was none.
        title: of its own, or its name.
        file: as it came.
        made: what was made of it.
    """

    url: str
    time: datetime
    status: int
    reason: str
    headers: Headers
    title: str
    file: KeptPart
    made: tuple[KeptPart, ...] = ()
    newer: Headers = ()

    def conditions(self) -> list[tuple[str, str]]:
        """Return the headers that ask whether it has changed; none where the server gave nothing to ask by.

        Source: RFC 9110, 13.1.2 and 13.1.3.
        """
        tag, date = self._last("etag"), self._last("last-modified")
        asked = [("If-None-Match", tag)] if _ENTITY_TAG.fullmatch(tag) else []
        if _ONE_LINE.fullmatch(date) and http_date(date):
            asked.append(("If-Modified-Since", date))
        return asked

    def load(self, folder: Path | None) -> "Unchanged | None":
        """Read what is kept, blocking; return None where it is not whole any more.

        Args:
            folder: where a large body's temporary file is made.
        """
        try:
            body = _load(self.file, folder)
            made = tuple((part.stored, _load(part, folder)) for part in self.made)
        except (PagekeepError, OSError):
            return None
        return Unchanged(
            Exchange(
                url=self.url,
                method="GET",
                request_headers=(),
                request_body=b"",
                status=self.status,
                reason=self.reason,
                response_headers=self.headers,
                body=body,
                resource_type="Document",
                time=self.time,
            ),
            self.title,
            self.file.stored,
            made,
        )

    def _last(self, name: str) -> str:
        return next((value.strip() for key, value in (*self.newer, *self.headers) if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that is still as it was kept.

    Attributes:
        original: the exchange it came by, without its request.
        stored: how it was kept.
        made: what was made of it.
    """

    original: Exchange
    title: str
    stored: StoredFile
    made: tuple[tuple[StoredFile, Body], ...]

    @property
    def since(self) -> str:
        """When it came, for people to read."""
        return f"{self.original.time:%Y-%m-%d %H:%M} UTC"


def _load(part: KeptPart, folder: Path | None) -> Body:
    body = Body(folder)
    for piece in part.read():
        body.write(piece)
    if body.sha256.hex() != part.stored.sha256:
        raise OSError(f"{part.stored.path} is not what was recorded")
    return body
