"""What a server is asked about a file that was kept before."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from pagekeep.capture.known_file import KeptPart, KnownFile
from pagekeep.capture.recording.exchange import Headers
from pagekeep.domain.errors import NotFound
from pagekeep.domain.results import StoredFile

DATE = "Sun, 01 Nov 2026 08:00:00 GMT"


def known(headers: Headers, newer: Headers = (), data: bytes | Exception = b"kept") -> KnownFile:
    def read() -> Iterable[bytes]:
        if isinstance(data, Exception):
            raise data
        return [data]

    stored = StoredFile("a.bin", 4, hashlib.sha256(b"kept").hexdigest(), "application/octet-stream")
    then = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    return KnownFile("http://a.test/a.bin", then, 200, "OK", headers, "a.bin", KeptPart(stored, read), (), newer)


@pytest.mark.parametrize(
    ("headers", "newer", "asked"),
    [
        ((("ETag", '"a"'), ("Last-Modified", DATE)), (), [("If-None-Match", '"a"'), ("If-Modified-Since", DATE)]),
        ((("etag", 'W/"a"'),), (("ETag", 'W/"b"'),), [("If-None-Match", 'W/"b"')]),
        ((("ETag", '""'),), (), [("If-None-Match", '""')]),
        ((("ETag", "unquoted"),), (), []),
        ((("ETag", '"a"\r\nX: y'),), (), []),
        ((("ETag", '"a" "b"'),), (), []),
        ((("Last-Modified", "yesterday"),), (), []),
        ((("Last-Modified", f"{DATE}\r\nX: y"),), (), []),
        ((), (), []),
    ],
)
def test_only_what_the_server_gave_is_asked_by(headers: Headers, newer: Headers, asked: list[tuple[str, str]]) -> None:
    assert known(headers, newer).conditions() == asked


def test_what_is_kept_is_taken_only_whole() -> None:
    unchanged = known(()).load(None)
    assert unchanged is not None
    assert (unchanged.original.body.read(), unchanged.since) == (b"kept", "2026-11-01 08:30 UTC")
    assert known((), data=b"another").load(None) is None
    assert known((), data=NotFound("It is gone.")).load(None) is None
    assert known((), data=OSError(5, "bad disk")).load(None) is None
