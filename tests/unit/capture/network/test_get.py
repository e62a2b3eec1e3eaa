"""A GET over real sockets: redirects, limits, and servers that break off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.get import MAX_REDIRECTS, Fetched, get
from pagekeep.domain.errors import AddressRefused, CaptureError, TimeBudgetExceeded

LOCAL = AddressPolicy(["127.0.0.1"])


class _Site(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers['User-Agent']}")
        kind, _, rest = self.path[1:].partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif kind == "hops":
            self.send_response(301)
            self.send_header("Location", f"/hops/{int(rest) - 1}" if int(rest) else "/file/5")
            self.end_headers()
        elif kind == "short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x")
        elif kind == "silent":
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            self.server.let_go.wait(30)  # type: ignore[attr-defined]
        else:
            self.send_response(200 if kind == "file" else 404)
            self.end_headers()
            self.wfile.write(b"x" * int(rest or 3))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        server.let_go = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.let_go.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[str]:
    with _serving() as url:
        yield url


def fetch(url: str, policy: AddressPolicy = LOCAL, **options: float) -> Fetched:
    limits = {"seconds": 10.0, "max_bytes": 10} | options
    return get(url, policy, user_agent="Pagekeep", **limits)  # type: ignore[arg-type]


def test_a_file_is_read_as_far_as_wanted(site: str) -> None:
    _Site.asked.clear()
    assert fetch(f"{site}/file/9") == Fetched(f"{site}/file/9", 200, b"x" * 9, True)
    assert fetch(f"{site}/file/11") == Fetched(f"{site}/file/11", 200, b"x" * 10, False)
    assert fetch(f"{site}/gone").status == 404
    assert _Site.asked[0] == "/file/9 Pagekeep"


def test_redirects_are_followed_and_end(site: str) -> None:
    assert fetch(f"{site}/hops/{MAX_REDIRECTS - 1}").url == f"{site}/file/5"
    assert fetch(f"{site}/hops/{MAX_REDIRECTS}").status == 301
    for nowhere in ("mailto:a@b", "http://[", "file:///etc/passwd"):
        assert fetch(f"{site}/to/{nowhere}").status == 302


def test_a_redirect_leads_to_no_forbidden_address(site: str) -> None:
    with pytest.raises(AddressRefused):
        fetch(f"{site}/to/http://169.254.169.254/latest")
    with pytest.raises(AddressRefused):
        fetch(f"{site}/file/1", AddressPolicy())


def test_what_breaks_off_or_hangs_is_an_error(site: str) -> None:
    with pytest.raises(CaptureError, match=r"broke off|IncompleteRead"):
        fetch(f"{site}/short/")
    with pytest.raises(TimeBudgetExceeded, match="did not answer within"):
        fetch(f"{site}/silent/", seconds=0.3)
