"""What a crawl costs: pages/minute, processor time and memory at 1 to 8 tabs, and what the queue takes of it.

The whole product crawls a site of real pages: a server, a worker, one seed that links to every page, and the links of
every page looked at. The pages come in an order of chance, so that the halves of a crawl are alike. Beside it the bare
engine opens a part of the same pages, which is the floor. Then a worker whose captures do nothing works through as many
pages: what it costs is the queue's share.

    python benchmarks/crawl.py [--pages 1000] [--tabs 1,2,4,8] [--plugins NAMES] [--floor 100] [--json FILE]

Ends with 1 where a page is lost or fails, the queue takes 2 % or more of a capture's processor time (at one tab), or a
page of the second half takes over 15 % more or less of it than one of the first (from 400 pages on).
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpora import Corpus, fetch_manuals
from origin import Origin
from pagekeep.config.declarations import Settings
from processes import ChildrenCpu, PeakMemory, cpu_seconds, descendants, own_cpu_seconds
from rounds import BARE, Round, run_round
from running import Archive

HERE = Path(__file__).parent
QUEUE_SHARE, HALVES = 0.02, 0.15
NOOPS = (("noop", 1), ("noop", 2), ("records", 1))
# At one tab: of two, 60 pages a second get in each other's way in one interpreter, which 2 real ones a second do not.
JUDGED = "noop, 1"
# Of fewer pages the halves differ by chance.
HALVES_FROM = 400
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Crawl:
    """Figures of one crawl. CPU in seconds per page, memory in MB of PSS of worker and browser together.

    Attributes:
        halves: CPU of the first and of the second half of the pages.
    """

    tabs: int
    pages: int
    pages_per_minute: float
    worker_cpu: float
    browser_cpu: float
    server_cpu: float
    halves: tuple[float, float]
    peak_memory: float

    @property
    def capture_cpu(self) -> float:
        """What worker and browser take."""
        return self.worker_cpu + self.browser_cpu

    @property
    def growth(self) -> float:
        """How much more the second half takes than the first."""
        return self.halves[1] / self.halves[0] - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a crawl is: pages ended, and CPU-seconds so far."""

    at: float
    ended: int
    cpu: dict[str, float]


@contextmanager
def seed_page(corpus: Corpus) -> Iterator[str]:
    """Put a page that links to every page of the corpus into its folder for the block; return its name."""
    links = "".join(f'<li><a href="{page}">{page}</a>' for page in corpus.pages)
    with tempfile.NamedTemporaryFile("w", dir=corpus.root, prefix="seed-", suffix=".html") as file:
        file.write(f"<!doctype html><title>Seed</title><ul>{links}</ul>")
        file.flush()
        yield Path(file.name).name


def run_crawl(origin: Origin, corpus: Corpus, tabs: int, plugins: str) -> Crawl:
    """Crawl every page of the corpus from one seed with the whole product."""
    count = len(corpus.pages)
    settings = {"ALLOW_PRIVATE": origin.address, **_settings(plugins, tabs)}
    with (
        tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder,
        Archive(Path(folder), **settings) as archive,
        seed_page(corpus) as seed,
    ):
        archive.serve()
        worker = archive.start("worker", "--tabs", str(tabs))
        with PeakMemory(worker.pid) as memory:
            # The seed, then what it links to; the links of those are looked at, and all are known or one too many.
            asked = {"urls": [f"{origin.url}/{seed}"], "depth": 2, "max_urls": count + 1}
            crawl = archive.call("/cli/add", asked)["result"]["crawl_id"]
            moments = list(_watch(archive, worker.pid, crawl))
        succeeded, failed = (_total(archive, crawl, status) for status in ("succeeded", "failed"))
        if succeeded != count + 1:
            raise SystemExit(f"Of {count + 1} pages {succeeded} succeeded, {failed} failed, the others were lost.")
    # Without the seed: the browser starts with it.
    first, last = moments[0], moments[-1]
    middle = min(moments, key=lambda moment: abs(moment.ended - (first.ended + last.ended) / 2))
    cost = _cost(first, last)
    return Crawl(
        tabs=tabs,
        pages=last.ended - first.ended,
        pages_per_minute=(last.ended - first.ended) / (last.at - first.at) * 60,
        worker_cpu=cost["worker"],
        browser_cpu=cost["browser"],
        server_cpu=cost["server"],
        halves=(_capture_cost(first, middle), _capture_cost(middle, last)),
        peak_memory=memory.megabytes,
    )


def run_noop(corpus: Corpus, tabs: int, plugins: str, kind: str) -> float:
    """Return the CPU-seconds per page of a worker that captures nothing."""
    settings = _settings(plugins, tabs)
    urls = "\n".join(f"http://127.0.0.1:9/{page}" for page in corpus.pages)
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder, Archive(Path(folder), **settings) as archive:
        archive.command("init")
        archive.command("add", "--no-wait", stdin=urls)
        command = [sys.executable, str(HERE / "noop_worker.py"), str(tabs), kind]
        done = subprocess.run(command, env=archive.environ, check=True, capture_output=True, text=True)
    pages, cpu = done.stdout.split()
    if int(pages) != len(corpus.pages):
        raise SystemExit(f"A worker that captures nothing ended {pages} of {len(corpus.pages)} pages.")
    return float(cpu) / int(pages)


def run_floor(origin: Origin, corpus: Corpus, tabs: int, number: int) -> Round:
    """Open a part of the pages with the bare engine."""
    step = max(1, len(corpus.pages) // number)
    found = asyncio.run(run_round(origin, corpus.pages[::step][:number], BARE, tabs))
    if found.failures:
        raise SystemExit("\n".join(found.failures))
    return found


def _watch(archive: Archive, worker: int, crawl: str) -> Iterator[Moment]:
    """Yield how far the crawl is whenever another page has ended, until all have."""
    ended, is_open, browsers = 0, True, ChildrenCpu(worker)
    while is_open:
        time.sleep(POLL_SECONDS)
        is_open = any(_total(archive, crawl, status) for status in ("queued", "started"))
        at, cpu = time.monotonic(), _cpu(archive, worker, browsers)
        now = _total(archive, crawl, "succeeded") + _total(archive, crawl, "failed")
        if now > ended:
            ended = now
            yield Moment(at, ended, cpu)


def _cpu(archive: Archive, worker: int, browsers: ChildrenCpu) -> dict[str, float]:
    server = archive.server.pid
    return {
        "server": cpu_seconds([server, *descendants(server)]),
        "worker": own_cpu_seconds(worker),
        "browser": browsers.seconds(),
    }


def _cost(one: Moment, other: Moment) -> dict[str, float]:
    return {name: (other.cpu[name] - one.cpu[name]) / max(1, other.ended - one.ended) for name in one.cpu}


def _capture_cost(one: Moment, other: Moment) -> float:
    cost = _cost(one, other)
    return cost["worker"] + cost["browser"]


def _total(archive: Archive, crawl: str, status: str) -> int:
    answer = archive.call(f"/core/snapshots?crawl_id={crawl}&status={status}&limit=1")
    return int(answer["total_items"])


def _settings(plugins: str, tabs: int) -> dict[str, str]:
    """Return the settings of a crawl that goes as fast as the machine does."""
    wanted = {"CRAWL_DELAY": "0", "HOST_CONCURRENCY": str(tabs), "WORKER_NICENESS": "0", "PLUGINS": plugins}
    return {name: value for name, value in wanted.items() if value and name.lower() in Settings.model_fields}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--tabs", default="1,2,4,8", help="numbers, separated by commas")
    parser.add_argument("--plugins", default="", help="outputs, separated by commas; empty for the default set")
    parser.add_argument("--floor", type=int, default=100, help="pages opened by the bare engine (0: none)")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    options = parser.parse_args()
    corpus = fetch_manuals(options.pages)
    crawls, floors = [], {}
    print("| what | tabs | pages | pages/minute | CPU-s/page | worker, browser, server | 2nd half | peak PSS |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with Origin(corpus.root) as origin:
        for tabs in map(int, options.tabs.split(",")):
            if options.floor:
                floors[tabs] = run_floor(origin, corpus, tabs, options.floor)
                print(_floor_row(tabs, min(options.floor, options.pages), floors[tabs]), flush=True)
            crawls.append(run_crawl(origin, corpus, tabs, options.plugins))
            print(_crawl_row(crawls[-1]), flush=True)
    capture = min(crawl.capture_cpu for crawl in crawls)
    print("\n| instead of a capture | tabs | CPU of a page | share of a real one's |")
    print("|---|---|---|---|", flush=True)
    noop, shares = {}, {}
    for kind, tabs in NOOPS:
        name = f"{kind}, {tabs}"
        noop[name] = run_noop(corpus, tabs, options.plugins, kind)
        shares[name] = noop[name] / capture
        print(f"| {kind} | {tabs} | {noop[name] * 1000:.1f} ms | {shares[name]:.1%} |", flush=True)
    if options.json:
        found: dict[str, Any] = {"crawls": [asdict(crawl) for crawl in crawls], "noop": noop, "shares": shares}
        options.json.write_text(json.dumps(found, indent=2))
    uneven = [crawl for crawl in crawls if crawl.pages >= HALVES_FROM and abs(crawl.growth) > HALVES]
    return 1 if uneven or shares[JUDGED] >= QUEUE_SHARE else 0


def _floor_row(tabs: int, pages: int, found: Round) -> str:
    parts = f"{found.own_cpu:.2f}, {found.browser_cpu:.2f}"
    return (
        f"| bare engine | {tabs} | {pages} | {found.pages_per_minute:.0f} | {found.cpu:.2f} | {parts} | |"
        f" {found.peak_memory:.0f} MB |"
    )


def _crawl_row(found: Crawl) -> str:
    parts = f"{found.worker_cpu:.2f}, {found.browser_cpu:.2f}, {found.server_cpu:.2f}"
    return (
        f"| crawl | {found.tabs} | {found.pages} | {found.pages_per_minute:.0f} | {found.capture_cpu:.2f} | {parts} |"
        f" {found.growth:+.0%} | {found.peak_memory:.0f} MB |"
    )


if __name__ == "__main__":
    sys.exit(main())
