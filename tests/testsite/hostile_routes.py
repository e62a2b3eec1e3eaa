"""Answers that no well-behaved server gives. Those that hang let go when the site closes or the client leaves."""

import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from testsite.server import Handler

# Where /to/<name> redirects.
TARGETS = {
    "private": "http://10.255.255.1/secret",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "file": "file:///etc/passwd",
    "data": "data:text/html,<title>data</title>",
    "script": "javascript:alert(1)",
    "nowhere": "http://does-not-exist.invalid/",
    "loop": "/to/loop",
}


def _status(handler: "Handler") -> None:
    status = int(urlsplit(handler.path).path.rpartition("/")[2])
    handler.reply(f"<!doctype html><title>Error {status}</title><h1>Sorry: {status}</h1>", status=status)


def _busy(handler: "Handler") -> None:
    """``/busy/<status>?<seconds>``: come back later; ``/busy/<status>/file`` says so in JSON."""
    parts = urlsplit(handler.path)
    body, kind = ("{}", "application/json") if parts.path.endswith("/file") else ("<h1>Later</h1>", "text/html")
    handler.reply(body, kind, status=int(parts.path.split("/")[2]), headers=[("Retry-After", parts.query)])


def _redirect(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.rpartition("/")[2]
    handler.reply("", status=302, headers=[("Location", TARGETS[name])])


def _hang(handler: "Handler") -> None:
    """Take the request and never answer."""
    handler.close_connection = True
    _until_gone(handler, lambda: None, 0.2)


def _endless(handler: "Handler") -> None:
    """A page that keeps coming for ever."""
    _start(handler, "text/html; charset=utf-8")
    handler.wfile.write(b"<!doctype html><title>Endless</title><p>It begins.")
    _until_gone(handler, lambda: handler.wfile.write(b"<p>more and more"), 0.02)


def _drip(handler: "Handler") -> None:
    """A page of which one byte comes each second."""
    page = iter(b"<!doctype html><title>Slow</title><p>Slowly it comes.")
    _start(handler, "text/html; charset=utf-8")
    _until_gone(handler, lambda: handler.wfile.write(bytes([next(page, 0x20)])), 1.0)


def _reset(handler: "Handler") -> None:
    """Break the connection off with a TCP reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _hang_up(handler)


def _nothing(handler: "Handler") -> None:
    """Close the connection without a word."""
    _hang_up(handler)


def _half(handler: "Handler") -> None:
    """Announce more bytes than are sent."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"<!doctype html><title>Half</title><p>Only the first half.")
    _hang_up(handler)


def _half_file(handler: "Handler") -> None:
    """A file that breaks off."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/pdf")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"%PDF-1.4 only the beginning")
    _hang_up(handler)


def _download(handler: "Handler") -> None:
    handler.reply(
        b"PK\x05\x06" + bytes(18),
        "application/zip",
        headers=[("Content-Disposition", 'attachment; filename="../../evil.zip"')],
    )


def _events(handler: "Handler") -> None:
    """Server-sent events that never end."""
    _start(handler, "text/event-stream")
    _until_gone(handler, lambda: handler.wfile.write(b"data: tick\n\n"), 0.1)


def _lines(handler: "Handler") -> None:
    """Lines of JSON that never end."""
    _start(handler, "application/x-ndjson")
    _until_gone(handler, lambda: handler.wfile.write(b'{"tick": true}\n'), 0.1)


def _password(handler: "Handler") -> None:
    handler.reply(
        "<!doctype html><title>Password</title><h1>Who are you?</h1>",
        status=401,
        headers=[("WWW-Authenticate", 'Basic realm="secret"')],
    )


def _private(handler: "Handler") -> None:
    """A page for those who know the password."""
    if handler.headers.get("Authorization") == "Basic bWU6czNjcmV0":
        handler.reply("<!doctype html><title>Members only</title><p>You are in. <img src=/private/picture.png>")
    else:
        _password(handler)


def _not_http(handler: "Handler") -> None:
    handler.wfile.write(b"220 this is a mail server\r\n\r\n")
    _hang_up(handler)


def _start(handler: "Handler", mimetype: str) -> None:
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", mimetype)
    handler.send_header("Connection", "close")
    handler.end_headers()


def _until_gone(handler: "Handler", act: Callable[[], object], seconds: float) -> None:
    """Act every ``seconds`` until the client leaves (an OSError ends the connection) or the site closes."""
    handler.connection.setblocking(True)
    while not handler.site.closing.wait(seconds):
        act()
        handler.wfile.flush()
        if _left(handler.connection):
            return


def _left(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.setblocking(True)


def _hang_up(handler: "Handler") -> None:
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.close()


def _long_length(handler: "Handler") -> None:
    """A length of five thousand digits beside a chunked body."""
    page = b"<!doctype html><title>Long</title><p>Long length"
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "9" * 5000)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page))


HOSTILE: dict[str, Callable[["Handler"], None]] = {
    "/status/": _status,
    "/busy/": _busy,
    "/to/": _redirect,
    "/hang": _hang,
    "/hang/": _hang,
    "/endless": _endless,
    "/drip": _drip,
    "/reset": _reset,
    "/nothing": _nothing,
    "/half": _half,
    "/half-file": _half_file,
    "/download": _download,
    "/events": _events,
    "/lines": _lines,
    "/private": _private,
    "/private/": _private,
    "/password": _password,
    "/not-http": _not_http,
    "/long-length": _long_length,
}
