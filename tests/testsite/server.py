"""A local web site of good and hostile pages, on loopback ports of its own.

``pages/`` holds the static pages; ``good_routes``, ``hostile_routes`` and ``extreme_routes`` answer the rest. Every
request is logged.
"""

import mimetypes
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from testsite.extreme_routes import EXTREME
from testsite.file_routes import FILE_ROUTES
from testsite.good_routes import GOOD
from testsite.hostile_routes import HOSTILE
from testsite.identity_routes import IDENTITY
from testsite.media_routes import MEDIA
from testsite.unruly_routes import UNRULY
from testsite.wall_routes import WALLS

PAGES = Path(__file__).parent / "pages"
TEXT = ("text/html", "text/css", "text/javascript")


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it reached the site.

    Attributes:
        path: as sent, with its query.
        at: seconds on the monotonic clock.
        port: which of the site's origins was asked.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    port: int


class TestSite:
    """Two HTTP origins (``url`` on 127.0.0.1, ``other_url`` on localhost: another site) that share their pages and log.

    Args:
        certificate: a PEM file with key and certificate; ``secure_url`` then answers over TLS.
    """

    __test__ = False

    def __init__(self, certificate: Path | None = None) -> None:
        self.requests: list[SeenRequest] = []
        self.closing = threading.Event()
        self._certificate = certificate
        self._servers: list[_Server] = []

    def __enter__(self) -> Self:
        self._servers = [_Server(self), _Server(self)]
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            secure = _Server(self)
            secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
            self._servers.append(secure)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()  # lets every hanging answer go
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def port(self) -> int:
        """The port of the main origin."""
        return int(self._servers[0].server_port)

    @property
    def other_port(self) -> int:
        """The port of the other origin."""
        return int(self._servers[1].server_port)

    @property
    def secure_port(self) -> int:
        """The port that speaks TLS."""
        return int(self._servers[2].server_port)

    def url(self, path: str) -> str:
        """Return the URL of ``path`` at the main origin."""
        return f"http://127.0.0.1:{self.port}{path}"

    def other_url(self, path: str) -> str:
        """Return the URL of ``path`` at the other origin."""
        return f"http://localhost:{self.other_port}{path}"

    def secure_url(self, path: str) -> str:
        """Return the URL of ``path`` over TLS with the self-signed certificate."""
        return f"https://127.0.0.1:{self.secure_port}{path}"

    def full_url(self, request: SeenRequest) -> str:
        """Return the URL that ``request`` asked for."""
        return self.other_url(request.path) if request.port == self.other_port else self.url(request.path)

    def wait_for(self, path: str, *, after: int = 0, seconds: float = 20.0) -> SeenRequest:
        """Return the first logged request for ``path``, waiting until it comes.

        Args:
            after: how many requests of the log are passed over.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for request in self.requests[after:]:
                if request.path == path:
                    return request
            time.sleep(0.01)
        raise AssertionError(f"{path} was not requested within {seconds} s")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, site: TestSite) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave early are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; routes are functions that take it."""

    protocol_version = "HTTP/1.1"
    server: _Server
    body: bytes = b""

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = SeenRequest(
            self.command, self.path, dict(self.headers.items()), self.body, time.monotonic(), self.server.server_port
        )
        self.site.requests.append(request)
        path = urlsplit(self.path).path
        route = _route(path)
        if route:
            route(self)
        else:
            self._static(unquote(path))

    do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the log is ``TestSite.requests``."""

    @property
    def site(self) -> TestSite:
        """The site this connection reached."""
        return self.server.site

    def reply(
        self,
        body: bytes | str = b"",
        mimetype: str = "text/html; charset=utf-8",
        *,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Send a whole answer with its length."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        if mimetype:
            self.send_header("Content-Type", mimetype)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(data)

    def reply_page(self, name: str, *, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Send a file of ``pages/``; ``{{here}}`` and ``{{there}}`` in it become the two origins."""
        file = PAGES / name
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        data = file.read_bytes()
        if mimetype in TEXT:
            data = data.replace(b"{{here}}", self.site.url("").encode())
            data = data.replace(b"{{there}}", self.site.other_url("").encode())
            mimetype += "; charset=utf-8"
        self.reply(data, mimetype, headers=headers)

    def _static(self, path: str) -> None:
        name = path.strip("/") or "index"
        for candidate in (name, f"{name}.html"):
            file = (PAGES / candidate).resolve()
            if file.is_file() and file.is_relative_to(PAGES):
                self.reply_page(candidate)
                return
        self.reply(f"<title>Not here</title><h1>There is no {path}</h1>", status=404)


def _route(path: str) -> Callable[[Handler], None] | None:
    routes = GOOD | FILE_ROUTES | MEDIA | HOSTILE | EXTREME | UNRULY | IDENTITY | WALLS
    if path in routes:
        return routes[path]
    return next((route for prefix, route in routes.items() if prefix.endswith("/") and path.startswith(prefix)), None)
