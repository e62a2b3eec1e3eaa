"""The web server of the benchmarks: a process of its own, whose cost is not the engine's, that notes every request."""

import functools
import http.server
import socket
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from processes import end_helper, start_helper

# Asked for by the favicon output of every page, wherever it is.
ASIDE = "/favicon.ico"


class Origin:
    """Serves a folder while the block runs. ``url`` has no slash at its end."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="pagekeep-bench-")
        self._log = Path(self._folder.name, "requests")
        self._log.touch()
        self._process = start_helper(__file__, str(self._root), str(self._log))
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_helper(self._process)
        self._folder.cleanup()

    def mark(self) -> int:
        """Return a place in the log: what comes after it has not been asked for yet."""
        return self._log.stat().st_size

    def twice_since(self, mark: int) -> list[str]:
        """Return what was asked for more than once since ``mark``, as ``METHOD path``, the favicon aside."""
        with self._log.open() as log:
            log.seek(mark)
            asked = Counter(line.rstrip("\n") for line in log)
        return [request for request, times in asked.items() if times > 1 and not request.endswith(ASIDE)]


class Watcher:
    """Listens where an origin was, answers nothing, and counts who comes."""

    def __init__(self, port: int) -> None:
        self.count = 0
        self._socket = socket.create_server(("127.0.0.1", port))
        # Without it, accept() reserves a descriptor while it waits: one the browser may be about to be given.
        self._socket.settimeout(0.5)
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _watch(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:  # closed
                return
            self.count += 1
            visitor.close()


class _Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Note it before it is answered, in one write."""
        with Path(self.server.log).open("a") as log:  # type: ignore[attr-defined]
            log.write(f"{self.command} {self.path}\n")

    def log_message(self, *_: object) -> None: ...


def serve(root: str, log: str) -> None:
    """Serve ``root`` on a free port, which is printed, until the process is ended."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Pages, directory=root))
    server.log = log  # type: ignore[attr-defined]
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
