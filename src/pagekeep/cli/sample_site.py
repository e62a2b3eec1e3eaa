"""The page that ships with Pagekeep, served on a port of its own: something to archive without any network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent / "sample"


@contextmanager
def sample_site() -> Iterator[tuple[str, int]]:
    """Serve the sample page while the block runs; yield its host and port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(FOLDER)))
    threading.Thread(target=server.serve_forever, name="sample site", daemon=True).start()
    try:
        yield "127.0.0.1", server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who archives the page sees what becomes of it."""
