"""How much of the engine's speed the whole product keeps: API, worker process, records and disk.

Starts the real ``pagekeep server`` and ``pagekeep worker`` on a new data directory, adds pages over HTTP with a token
and waits until the API tells that all have ended; beside it, in turns, the bare engine captures the same pages. Prints
rates, their ratio (wanted: 0.8 or more) and CPU-seconds per page by process. Ends with 1 where the ratio is less.

    python benchmarks/product.py [--rounds 3] [--tabs 2] [--corpus NAME] [--pages N]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from corpora import NAMES, fetch
from origin import Origin
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from processes import cpu_seconds, descendants
from rounds import run_round
from running import Archive

WANTED = 0.8
POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """Figures of one pass: CPU in seconds per page, by process."""

    pages_per_minute: float
    cpu: dict[str, float]


class Product:
    """A server and a worker of Pagekeep on a data directory of their own."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        archive.serve()
        self._worker = archive.start("worker")

    def capture(self, urls: list[str]) -> float:
        """Add pages in one request, wait until all have ended and return how long that took (seconds)."""
        started = time.monotonic()
        crawl = self._archive.call("/cli/add", {"urls": urls})["result"]["crawl_id"]
        while any(self._count(crawl, status) for status in ("queued", "started")):
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        if self._count(crawl, "succeeded") != len(urls):
            failed = self._archive.call(f"/core/snapshots?crawl_id={crawl}&status=failed")["items"]
            raise SystemExit("\n".join(f"{page['url']}: {page['status']}" for page in failed) or "A page was lost.")
        return seconds

    def cpu(self) -> dict[str, float]:
        """Return the CPU-seconds so far of server, worker and browser."""
        server, worker = self._archive.server.pid, self._worker.pid
        return {
            "server": cpu_seconds([server, *descendants(server)]),
            "worker": cpu_seconds([worker]),
            "browser": cpu_seconds(descendants(worker)),
        }

    def _count(self, crawl: str, status: str) -> int:
        answer = self._archive.call(f"/core/snapshots?crawl_id={crawl}&status={status}&limit=1")
        return int(answer["total_items"])


def run_product(origin: Origin, pages: list[str], tabs: int) -> Run:
    """Capture every page once through a new archive that has captured one page before."""
    urls = [f"{origin.url}/{page}" for page in pages]
    with (
        tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder,
        Archive(Path(folder), TABS=str(tabs), ALLOW_PRIVATE=origin.address) as archive,
    ):
        product = Product(archive)
        product.capture(urls[:1])
        before = product.cpu()
        seconds = product.capture(urls)
        after = product.cpu()
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
