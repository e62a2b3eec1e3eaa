"""Serves the site of `testsite.traps` in a process of its own, and notes when each request arrives.

A process with nothing else to do notes it within a millisecond, as long as it gets a processor.

    python tests/testsite/trap_server.py SIZE LOG
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parents[1])]

from testsite.traps import KINDS, Answer, Traps  # noqa: E402

NETWORK = "127.0.1.0/24"
_ASIDE = ("/favicon.ico", "/robots.txt", "/sitemap.xml")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it reached a host. ``at`` is in seconds on the monotonic clock, which all processes share."""

    at: float
    kind: str
    method: str
    path: str
    status: int

    @property
    def is_page(self) -> bool:
        """Whether it begins a visit: no file that is asked for beside pages, and no further hop of a redirect."""
        return urlsplit(self.path).path not in _ASIDE and not self.path.startswith(("/hop/", "/end/"))


class TrapSite:
    """The site while the block runs, each kind of host at a loopback address of its own."""

    def __init__(self, size: int, folder: Path) -> None:
        self._size, self._log = size, folder / "arrivals.jsonl"

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, str(self._size), str(self._log)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.traps = Traps(self._size, json.loads(self._process.stdout.readline()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    def arrivals(self) -> list[Arrival]:
        """Return every request so far, in the order they came."""
        lines = self._log.read_text().splitlines()
        return sorted((Arrival(**json.loads(line)) for line in lines), key=lambda arrival: arrival.at)

    def kind_of(self, url: str) -> str:
        """Return which kind of host a URL of the site is at."""
        parts = urlsplit(url)
        return KINDS[self.traps.origins.index(f"{parts.scheme}://{parts.netloc}")]


async def serve(size: int, log: IO[str]) -> None:
    """Serve until the process is ended; print the origins as a JSON list once they listen."""
    traps = Traps(size, [])
    origins = []
    for number, kind in enumerate(KINDS):

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: str = kind) -> None:
            try:
                while await _exchange(traps, kind, reader, writer, log):
                    pass
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, f"127.0.1.{number + 1}", 0)
        host, port = server.sockets[0].getsockname()[:2]
        origins.append(f"http://{host}:{port}")
    traps.origins = origins
    sys.stdout.write(json.dumps(origins) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def _exchange(
    traps: Traps, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: IO[str]
) -> bool:
    """Answer one request; return whether another may come."""
    head = await reader.readuntil(b"\r\n\r\n")
    at = time.monotonic()
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    answer = traps.answer(kind, target)
    arrival = {"at": at, "kind": kind, "method": method, "path": target, "status": answer.status}
    log.write(json.dumps(arrival) + "\n")
    log.flush()
    if answer.seconds:
        await asyncio.sleep(answer.seconds)
    writer.write(_head(answer) + (b"" if method == "HEAD" else answer.body))
    await writer.drain()
    return True


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"Content-Length: {len(answer.body)}"]
    lines += [f"Content-Type: {answer.mimetype}", *(f"{name}: {value}" for name, value in answer.headers)]
    return "\r\n".join([*lines, "", ""]).encode()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w") as arrivals:
        asyncio.run(serve(int(sys.argv[1]), arrivals))
