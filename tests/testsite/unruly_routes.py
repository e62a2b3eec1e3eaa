"""Answers that are not as they should be, and that browsers make sense of all the same."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from testsite.server import Handler

PAGE = "<!doctype html><title>Odd</title><link rel=icon href=data:,><p>Shown all the same"
TYPES = {
    "no-semicolon": ["text/html charset=utf-8"],
    "comma": ["text/html,charset=utf-8"],
    "twice": ["text/html, text/html; charset=utf-8"],
    "two-headers": ["text/plain", "text/html"],
    "no-slash": ["html"],
}
AGAIN = """<!doctype html><title>Again</title><link rel=icon href=data:,><p>Loaded twice</p>
<script>if (!sessionStorage.seen) { sessionStorage.seen = 1; location.reload(); }</script>"""


def _type(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.rpartition("/")[2]
    handler.reply(PAGE, "", headers=[("Content-Type", value) for value in TYPES[name]])


def _status(handler: "Handler") -> None:
    """A page of the status its path names, in one piece of unknown length."""
    handler.send_response(int(urlsplit(handler.path).path.rpartition("/")[2]), "Its Own Words")
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE.encode()))


def _misspelt(handler: "Handler") -> None:
    handler.reply(PAGE, headers=[("Content-Disposition", "attachement; filename=saved.html")])


def _found_nowhere(handler: "Handler") -> None:
    handler.reply(PAGE, status=302)


def _revalidated(handler: "Handler") -> None:
    if handler.headers.get("If-None-Match") == '"v1"':
        handler.reply(status=304, mimetype="", headers=[("ETag", '"v1"'), ("X-Checked", "yes")])
    else:
        handler.reply(AGAIN, headers=[("ETag", '"v1"'), ("Cache-Control", "max-age=60")])


def _long(handler: "Handler") -> None:
    handler.reply(b"x" * (2 << 20), "text/plain")


def _biscuits(handler: "Handler") -> None:
    """A page of 20 kB that sets cookies, one of them without a name."""
    headers = [("Set-Cookie", "named=s3cret; Path=/"), ("Set-Cookie", "s3cret; Path=/")]
    handler.reply(PAGE + "<!-- much -->" * 1600, headers=headers)


UNRULY: dict[str, Callable[["Handler"], None]] = {
    "/unruly/type/": _type,
    "/unruly/status/": _status,
    "/unruly/misspelt-attachment": _misspelt,
    "/unruly/found-nowhere": _found_nowhere,
    "/unruly/revalidated": _revalidated,
    "/unruly/long": _long,
    "/unruly/biscuits": _biscuits,
}
