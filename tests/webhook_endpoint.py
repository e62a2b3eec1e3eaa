"""An endpoint as users run them: it checks each signature and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Answering:
    """Return how to answer with this."""

    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answering


@dataclass
class Endpoint:
    """``answers`` are used up one after the other, the last one stays. ``messages`` are those that came."""

    url: str
    answers: list[Answering] = field(default_factory=lambda: [answer(204)])
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.messages]


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a message as https://www.standardwebhooks.com describes it, with nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split(" "))


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Serve an endpoint on a free port while the block runs; what hangs is let go at its end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answering = endpoint.answers[0] if len(endpoint.answers) == 1 else endpoint.answers.pop(0)
            answering(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/hook?key=1")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.ended.set()
            server.shutdown()
            thread.join()
