"""How much of the engine's speed the whole product keeps: API, worker process, records and disk.

Starts the real ``pagekeep server`` and ``pagekeep worker`` on a new data directory, adds pages over HTTP with a token
and waits until the API tells that all have ended; beside it, in turns, the bare engine captures the same pages. Prints
rates, their ratio (wanted: 0.8 or more) and CPU-seconds per page by process. Ends with 1 where the ratio is less.

    python benchmarks/product.py [--rounds 3] [--tabs 2] [--corpus NAME] [--pages N]
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpora import NAMES, fetch
from origin import Origin
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from processes import cpu_seconds, descendants
from rounds import run_round

WANTED = 0.8
POLL_SECONDS = 0.3
START_SECONDS = 60.0
PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")


@dataclass(frozen=True, slots=True)
class Run:
    """Figures of one pass: CPU in seconds per page, by process."""

    pages_per_minute: float
    cpu: dict[str, float]


class Archive:
    """A server and a worker of Pagekeep on a data directory of their own, while the block runs."""

    def __init__(self, folder: Path, origin: Origin, tabs: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        self._environ = kept | {
            "PAGEKEEP_DATA_DIR": str(folder / "data"),
            "PAGEKEEP_PORT": "0",
            "PAGEKEEP_TABS": str(tabs),
            "PAGEKEEP_ALLOW_PRIVATE": origin.address,
        }
        self._said = folder / "server.txt"
        self._worker_said = folder / "worker.txt"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._pagekeep("user", "create", "admin", "--json")
        self._token = self._pagekeep("token", "create").strip()
        self.server = self._start("server", self._said)
        self.worker = self._start("worker", self._worker_said)
        self._api = self._wait_for_server() + "/api/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()

    def capture(self, urls: list[str]) -> float:
        """Add pages in one request, wait until all have ended and return how long that took (seconds)."""
        started = time.monotonic()
        crawl = self._call("/cli/add", {"urls": urls})["result"]["crawl_id"]
        while any(self._count(crawl, status) for status in ("queued", "started")):
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        if self._count(crawl, "succeeded") != len(urls):
            failed = self._call(f"/core/snapshots?crawl_id={crawl}&status=failed")["items"]
            raise SystemExit("\n".join(f"{page['url']}: {page['status']}" for page in failed) or "A page was lost.")
        return seconds

    def cpu(self) -> dict[str, float]:
        """Return the CPU-seconds so far of server, worker and browser."""
        return {
            "server": cpu_seconds([self.server.pid, *descendants(self.server.pid)]),
            "worker": cpu_seconds([self.worker.pid]),
            "browser": cpu_seconds(descendants(self.worker.pid)),
        }

    def _wait_for_server(self) -> str:
        """Return the address of the server once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while self.server.poll() is None and time.monotonic() < deadline:
            if found := re.search(r"at (http://\S+)", self._said.read_text()):
                with contextlib.suppress(urllib.error.URLError):  # it tells its address a moment before it listens
                    urllib.request.urlopen(f"{found.group(1)}/health/", timeout=5).close()
                    return found.group(1)
            time.sleep(0.05)
        raise SystemExit(f"The server did not start: {self._said.read_text()}")

    def _count(self, crawl: str, status: str) -> int:
        answer = self._call(f"/core/snapshots?crawl_id={crawl}&status={status}&limit=1")
        return int(answer["total_items"])

    def _call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-ArchiveBox-API-Key": self._token, "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self._api + path, data, headers), timeout=30) as answer:
            return json.load(answer)

    def _pagekeep(self, *arguments: str) -> str:
        done = subprocess.run([*PAGEKEEP, *arguments], env=self._environ, check=True, capture_output=True, text=True)
        return done.stdout

    def _start(self, name: str, said: Path) -> "subprocess.Popen[bytes]":
        with said.open("w") as file:
            process = subprocess.Popen([*PAGEKEEP, name], env=self._environ, stdout=file, stderr=file)
        self._processes.append(process)
        return process


def run_product(origin: Origin, pages: list[str], tabs: int) -> Run:
    """Capture every page once through a new archive that has captured one page before."""
    urls = [f"{origin.url}/{page}" for page in pages]
    with (
        tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder,
        Archive(Path(folder), origin, tabs) as archive,
    ):
        archive.capture(urls[:1])
        before = archive.cpu()
        seconds = archive.capture(urls)
        after = archive.cpu()
    return Run(len(pages) / seconds * 60, {name: (after[name] - before[name]) / len(pages) for name in after})


def run_engine(origin: Origin, pages: list[str], tabs: int) -> Run:
    """Capture every page once with the engine alone."""
    found = asyncio.run(run_round(origin, pages, DEFAULT_PLUGINS, tabs))
    if found.failures:
        raise SystemExit("\n".join(found.failures))
    return Run(found.pages_per_minute, {"engine": found.own_cpu, "browser": found.browser_cpu})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tabs", type=int, default=2)
    parser.add_argument("--corpus", choices=NAMES, default=NAMES[0])
    parser.add_argument("--pages", type=int, default=0, help="only so many pages (0: all)")
    options = parser.parse_args()
    corpus = fetch(options.corpus, options.pages)
    pages = list(corpus.pages)
    runs: dict[str, list[Run]] = {"engine": [], "product": []}
    with Origin(corpus.root) as origin:
        for number in range(options.rounds):
            print(f"round {number + 1} …", file=sys.stderr, flush=True)
            runs["engine"].append(run_engine(origin, pages, options.tabs))
            runs["product"].append(run_product(origin, pages, options.tabs))
    print(f"{corpus.name}, {len(pages)} pages, {options.rounds} rounds\n")
    print("| what | tabs | pages/minute | CPU-s/page |")
    print("|---|---|---|---|")
    rates = {}
    for name, of in runs.items():
        rates[name] = statistics.median(run.pages_per_minute for run in of)
        parts = {part: statistics.median(run.cpu[part] for run in of) for part in of[0].cpu}
        told = ", ".join(f"{part} {seconds:.2f}" for part, seconds in parts.items())
        print(f"| {name} | {options.tabs} | {rates[name]:.0f} | {sum(parts.values()):.2f} ({told}) |")
    pairs = zip(runs["product"], runs["engine"], strict=True)
    ratio = statistics.median(product.pages_per_minute / engine.pages_per_minute for product, engine in pairs)
    print(f"\nThe product keeps {ratio:.2f} of the engine's rate (wanted: {WANTED}).")
    return 0 if ratio >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
