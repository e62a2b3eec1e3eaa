"""Answers that are too much, mislabelled, or asked for with a password. Large ones are made while they are sent."""

import base64
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from testsite.bombs import BEGINNING, BOMBS
from testsite.good_routes import picture

if TYPE_CHECKING:
    from testsite.server import Handler

GIGABYTES = 2 << 30
_PART = b" " * (1 << 16)
USER, PASSWORD = "keeper", "lighthouse-secret"


def _huge(handler: "Handler") -> None:
    """2 GiB: a page, or a file, with or without a length told before."""
    name = urlsplit(handler.path).path.rpartition("/")[2]
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", "application/octet-stream" if name == "file" else "text/html")
    if name != "page":
        handler.send_header("Content-Length", str(len(BEGINNING) + GIGABYTES))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(BEGINNING)
    for _ in range(GIGABYTES // len(_PART)):
        handler.wfile.write(_PART)  # an OSError ends it when the client leaves


def _bomb(handler: "Handler") -> None:
    coding = urlsplit(handler.path).path.rpartition("/")[2]
    handler.reply(_packed(coding), "text/html", headers=[("Content-Encoding", coding)])


@functools.cache
def _packed(coding: str) -> bytes:
    return BOMBS[coding]()


def _typed(handler: "Handler") -> None:
    """A body beside the type it is said to have."""
    page = b"<!doctype html><title>Typed</title><h1>Of this type</h1>"
    body, mimetype = {
        "page-as-text": (page, "text/plain"),
        "picture-as-page": (picture("ff0000", 40, 40, "png"), "text/html"),
        "page-of-no-type": (page, ""),
    }[urlsplit(handler.path).path.rpartition("/")[2]]
    handler.reply(body, mimetype)


def _invalid(handler: "Handler") -> None:
    handler.reply(b"<!doctype html><title>Invalid</title><p>before \xff\xc3\x28 after", "text/html; charset=utf-8")


def _login(handler: "Handler") -> None:
    """A page for those who know the password."""
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if handler.headers.get("Authorization") != wanted:
        handler.reply(status=401, headers=[("WWW-Authenticate", 'Basic realm="secret"')])
        return
    page = (
        '<!doctype html><title>Inside</title><p>Welcome, keeper<img src="/image/ff0000-40x40.png"><a href="next">on</a>'
    )
    handler.reply(page)


EXTREME: dict[str, Callable[["Handler"], None]] = {
    "/huge/": _huge,
    "/bomb/": _bomb,
    "/typed/": _typed,
    "/invalid-utf-8": _invalid,
    "/login": _login,
}
