"""What is read of an answer to a plain request, and what is left to the browser."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.network.plain_http import MAX_HEAD, NotPlain, _read_head


def read(data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of an answer after which the server closes the connection."""

    async def run() -> tuple[int, list[tuple[str, str]], bytes]:
        reader = asyncio.StreamReader(limit=MAX_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        answer = await _read_head(reader, (), None)
        return answer.status, list(answer.headers), b"".join([piece async for piece in answer.body()])

    return asyncio.run(run())


def answer(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode("latin-1") + body


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (answer("Content-Length: 4", body=b"four"), b"four"),
        (answer("Content-Length: 4", body=b"four and more"), b"four"),
        (answer("Content-Length: 4", "content-length:4", body=b"four"), b"four"),
        (answer("Content-Length: 0", body=b"more"), b""),
        (answer(body=b"until the end"), b"until the end"),
        (answer("Transfer-Encoding: chunked", body=b"4\r\nfour\r\n1;a=b\r\n!\r\n0\r\n\r\n"), b"four!"),
        (
            answer("Transfer-Encoding: Chunked", "Content-Length: 99", body=b"A\r\n0123456789\r\n0\r\n\r\n"),
            b"0123456789",
        ),
        (answer("Content-Encoding: gzip", body=gzip.compress(b"packed", mtime=0)), b"packed"),
        (answer("Content-Encoding: deflate", body=zlib.compress(b"packed")), b"packed"),
        (answer("Content-Encoding: deflate", body=zlib.compress(b"packed")[2:-4]), b"packed"),
        (answer("Content-Encoding: gzip", "Content-Length: 0"), b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 200\r\n\r\nlate", b"late"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
    ],
)
def test_body_is_read_as_it_is_framed(data: bytes, body: bytes) -> None:
    assert read(data)[2] == body


def test_headers_stay_as_they_came() -> None:
    _, headers, _ = read(
        answer("X-Twice: one", "x-twice:  two ", "Folded: first\r\n\t second", "Odd: caf\xe9", "Empty:")
    )
    assert headers == [
        ("X-Twice", "one"),
        ("x-twice", "two"),
        ("Folded", "first second"),
        ("Odd", "café"),
        ("Empty", ""),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 099 Odd\r\n\r\n",
        answer("no colon"),
        answer("a name: x"),
        answer(": nameless"),
        answer("X-Odd: a\rb"),
        answer("X-Odd: a\0b"),
        answer("Content-Length: 5", body=b"four"),
        answer("Content-Length: 4", "Content-Length: 5", body=b"four!"),
        answer("Content-Length: -1"),
        answer("Content-Length: 0x4", body=b"four"),
        answer("Transfer-Encoding: gzip", body=b"x"),
        answer("Transfer-Encoding: chunked", body=b"zz\r\n"),
        answer("Transfer-Encoding: chunked", body=b"4\r\nfo"),
        answer("Transfer-Encoding: chunked", body=b"4\r\nfour\r\n"),
        answer("Content-Encoding: gzip", body=b"not packed"),
        answer("Content-Encoding: gzip", body=gzip.compress(b"packed " * 99, mtime=0)[:-9]),
        answer("X: " + "x" * MAX_HEAD),
    ],
)
def test_what_is_not_clear_is_not_taken(data: bytes) -> None:
    with pytest.raises((NotPlain, EOFError, asyncio.LimitOverrunError)):
        read(data)


@given(st.binary(max_size=300))
def test_no_answer_is_an_error_of_ours(data: bytes) -> None:
    try:
        read(b"HTTP/1.1 200 OK\r\n" + data)
    except (NotPlain, EOFError, asyncio.LimitOverrunError):
        return


def test_a_bomb_comes_in_small_pieces() -> None:
    data = answer("Content-Encoding: gzip", body=gzip.compress(bytes(50 << 20)))

    async def run() -> int:
        reader = asyncio.StreamReader(limit=MAX_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        return max([len(piece) async for piece in (await _read_head(reader, (), None)).body()])

    assert asyncio.run(run()) <= 256 << 10
