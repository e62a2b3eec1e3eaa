"""How fast, and at what cost, pages become archived outputs.

Serves Debian's ``sqlite3-doc`` (every 20th page by sorted path, and three well-known ones) on this machine and captures
it with the real engine, browser and storage: the full default set beside a bare page load (open, title, DOM, links), at
one and two tabs, all interleaved in one run so that a noisy machine disturbs them alike. Reports medians of the rounds.

    python benchmarks/capture.py [--rounds 3] [--pages 0] [--corpus DIRECTORY] [--json FILE]
"""

import argparse
import asyncio
import functools
import http.server
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pagekeep.capture.engine import Engine
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.ids import new_id
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

BARE = ("title", "dom", "outlinks")
ALSO = ("lang_select.html", "fileformat2.html", "fts5.html")
MAY_BE_EMPTY = {"favicon"}
PSS_EVERY = 8  # pages; asking the kernel is not free
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Round:
    """Figures of one pass over the corpus."""

    pages_per_minute: float
    cpu_per_page: float
    peak_pss: float
    bytes_per_page: float
    steps: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class _Quiet:
    async def step(self, name: str) -> None: ...

    async def result(self, result: Result) -> None: ...


class _Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...


def fetch_corpus(folder: Path) -> Path:
    """Unpack (not install) sqlite3-doc below ``folder`` and return the directory of its pages."""
    if not folder.exists():
        folder.mkdir(parents=True)
        subprocess.run(["apt-get", "download", "-q", "sqlite3-doc"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        package = next(folder.glob("sqlite3-doc*.deb"))
        subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    return next(folder.rglob("lang_select.html")).parent


def choose(root: Path, limit: int) -> list[str]:
    """Return every 20th page by sorted path, and three that are long or well known."""
    every = sorted(str(path.relative_to(root)) for path in root.rglob("*.html"))
    pages = list(dict.fromkeys([*every[::20], *(name for name in ALSO if name in every)]))
    return pages[:limit] if limit else pages


def serve(root: str, port: "multiprocessing.Queue[int]") -> None:
    """Serve the corpus from a process of its own, whose cost is not the engine's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Pages, directory=root))
    port.put(server.server_port)
    server.serve_forever()


def family() -> list[int]:
    """Return the pids of every descendant of this process but the corpus server."""
    parents: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int((entry / "stat").read_text().rpartition(")")[2].split()[1])].append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    apart = {child.pid for child in multiprocessing.active_children()}
    found, waiting = [], [os.getpid()]
    while waiting:
        children = [pid for pid in parents[waiting.pop()] if pid not in apart]
        found += children
        waiting += children
    return found


def cpu_of(pids: list[int]) -> float:
    """Return the CPU-seconds of these processes and of those they have reaped."""
    total = 0
    for pid in pids:
        try:
            total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICKS


def pss_of(pids: list[int]) -> float:
    """Return the proportional set size of these processes in MB."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


async def run_round(origin: str, pages: list[str], plugins: tuple[str, ...], tabs: int) -> Round:
    """Capture every page once with ``tabs`` pages at a time, in a fresh browser and data directory."""
    steps: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    sizes: list[int] = []
    peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        data = DataDir(Path(folder))
        data.prepare()
        async with Engine() as engine:
            allowed = (origin.removeprefix("http://"),)
            warm_up = CaptureRequest(f"{origin}/{pages[0]}", plugins, allow_private=allowed)
            await engine.capture(warm_up, SnapshotFiles(data, new_id()), _Quiet())
            queue = list(pages)
            cpu, started = time.process_time() + cpu_of(family()), time.monotonic()

            async def tab() -> None:
                nonlocal peak
                while queue:
                    page = queue.pop(0)
                    request = CaptureRequest(f"{origin}/{page}", plugins, allow_private=allowed)
                    outcome = await engine.capture(request, SnapshotFiles(data, new_id()), _Quiet())
                    for name, seconds in outcome.step_seconds.items():
                        steps[name].append(seconds)
                    sizes.append(sum(file.size for result in outcome.results for file in result.files))
                    failures.extend(
                        f"{page} {result.plugin}: {result.summary}"
                        for result in outcome.results
                        if result.status is not ResultStatus.SUCCEEDED and result.plugin not in MAY_BE_EMPTY
                    )
                    if len(sizes) % PSS_EVERY == 0:
                        peak = max(peak, pss_of([os.getpid(), *family()]))

            await asyncio.gather(*(tab() for _ in range(tabs)))
            seconds = time.monotonic() - started
            spent = time.process_time() + cpu_of(family()) - cpu
    count = len(pages)
    return Round(count / seconds * 60, spent / count, peak, sum(sizes) / count, dict(steps), failures)


def report(rounds: dict[tuple[str, int], list[Round]]) -> dict[str, object]:
    """Print the medians as a table and return them."""
    rows: dict[str, object] = {}
    cpu_of_all = {key: statistics.median(r.cpu_per_page for r in of) for key, of in rounds.items()}
    print(
        f"{'set':>5} {'tabs':>4} {'pages/min':>10} {'CPU-s/page':>11} {'× bare':>7} {'peak PSS MB':>12} {'kB/page':>8}"
    )
    for (kind, tabs), of in rounds.items():
        cpu = cpu_of_all[kind, tabs]
        row: dict[str, Any] = {
            "pages_per_minute": statistics.median(r.pages_per_minute for r in of),
            "cpu_seconds_per_page": cpu,
            "times_bare": cpu / cpu_of_all["bare", tabs],
            "peak_pss_mb": statistics.median(r.peak_pss for r in of),
            "kilobytes_per_page": statistics.median(r.bytes_per_page for r in of) / 1000,
            "step_medians_ms": {
                name: statistics.median(s for r in of for s in r.steps[name]) * 1000 for name in of[0].steps
            },
            "failures": sorted({failure for r in of for failure in r.failures}),
        }
        rows[f"{kind}-{tabs}"] = row
        print(
            f"{kind:>5} {tabs:>4} {row['pages_per_minute']:>10.0f} {cpu:>11.3f} {row['times_bare']:>7.1f}"
            f" {row['peak_pss_mb']:>12.0f} {row['kilobytes_per_page']:>8.0f}"
        )
        for failure in sorted({failure for r in of for failure in r.failures}):
            print("      did not succeed:", failure)
    full = max((key for key in rounds if key[0] == "full"), default=None)
    if full:
        print(f"\nmedian ms of each step, {full[0]} set at {full[1]} tabs:")
        for name in rounds[full][0].steps:
            print(f"  {name:<12} {statistics.median(s for r in rounds[full] for s in r.steps[name]) * 1000:>7.1f}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=0, help="only so many pages (0: all)")
    parser.add_argument("--corpus", type=Path, default=Path("build/corpora/sqlite3-doc"))
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    root = fetch_corpus(options.corpus)
    pages = choose(root, options.pages)
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(str(root), port), daemon=True)
    server.start()
    origin = f"http://127.0.0.1:{port.get(timeout=10)}"
    rounds: dict[tuple[str, int], list[Round]] = defaultdict(list)
    print(f"{len(pages)} pages, {options.rounds} rounds, {os.cpu_count()} cores")
    for number in range(options.rounds):
        for tabs in (1, 2):
            for kind, plugins in (("bare", BARE), ("full", DEFAULT_PLUGINS)):
                print(f"round {number + 1}: {kind}, {tabs} tabs …", flush=True)
                rounds[kind, tabs].append(asyncio.run(run_round(origin, pages, plugins, tabs)))
    rows = report(rounds)
    server.terminate()
    server.join()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
