"""How many requests a second the server answers, and how long they take, by its processes and threads.

Fills a small archive, and for each server model starts the real ``pagekeep server`` and has clients ask at the same
time: lists of 200, single snapshots, and adds of one URL. With ``--capture`` two real workers capture pages meanwhile.
Ends with 1 where an answer is an error.

    python benchmarks/serving.py [--models 1x4,1x8,1x16,2x4] [--clients 1,10,50] [--seconds 5] [--capture]
"""

import argparse
import itertools
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from corpora import fetch
from origin import Origin
from processes import cpu_seconds, descendants, pss_megabytes
from running import Archive, Client

SNAPSHOTS = 20_000
_numbers = itertools.count()


def ask(client: Client, kind: str, ids: list[str]) -> None:
    """Make one request."""
    number = next(_numbers)
    if kind == "list":
        client.fetch("/core/snapshots?limit=200")
    elif kind == "one":
        client.fetch(f"/core/snapshot/{ids[number % len(ids)]}")
    else:
        client.fetch("/cli/add", {"urls": [f"https://example.org/{number}"], "index_only": True})


class Asking(threading.Thread):
    """A client that asks until the time is up."""

    def __init__(self, archive: Archive, kind: str, ids: list[str], until: float) -> None:
        super().__init__()
        self.times: list[float] = []
        self.error = ""
        self._archive, self._kind, self._ids, self._until = archive, kind, ids, until

    def run(self) -> None:
        with Client(self._archive) as client:
            while time.monotonic() < self._until:
                started = time.perf_counter()
                try:
                    ask(client, self._kind, self._ids)
                except (OSError, RuntimeError) as error:
                    self.error = f"{type(error).__name__}: {error}"
                    return
                self.times.append((time.perf_counter() - started) * 1000)


def row(archive: Archive, kind: str, clients: int, seconds: float) -> tuple[str, list[str]]:
    """Have clients ask; return a line of figures, and what went wrong."""
    ids = [item["id"] for item in archive.call("/core/snapshots?limit=500")["items"]]
    pids = [archive.server.pid, *descendants(archive.server.pid)]
    cpu, started = cpu_seconds(pids), time.monotonic()
    asking = [Asking(archive, kind, ids, started + seconds) for _ in range(clients)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    took = time.monotonic() - started
    times = [took for thread in asking for took in thread.times]
    if len(times) < 2:
        return "", [thread.error or "No answer in time." for thread in asking]
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    cost = (cpu_seconds(pids) - cpu) / len(times) * 1000
    figures = f"{len(times) / took:.0f} | {statistics.median(times):.1f} | {p95:.1f} | {max(times):.0f} | {cost:.1f}"
    return figures, [thread.error for thread in asking if thread.error]


def run(data: Path, model: str, options: argparse.Namespace, origin: Origin, pages: list[str]) -> list[str]:
    """Measure one server model; print its lines and return what went wrong."""
    processes, threads = model.split("x")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name:
        settings = {"SERVER_PROCESSES": processes, "SERVER_THREADS": threads, "ALLOW_PRIVATE": origin.address}
        with Archive(Path(name), **settings) as archive:
            subprocess.run(["cp", "-r", str(data), str(archive.data)], check=True)
            archive.serve()
            for _ in range(2 if options.capture else 0):
                archive.start("worker", "--tabs", "1")
            for clients, kind in itertools.product(options.clients, options.what.split(",")):
                if options.capture:
                    archive.call("/cli/add", {"urls": [f"{origin.url}/{page}" for page in pages]})
                figures, failed = row(archive, kind, clients, options.seconds)
                wrong += failed
                print(f"| {model} | {clients} | {kind} | {figures} |", flush=True)
            memory = pss_megabytes([archive.server.pid, *descendants(archive.server.pid)])
            print(f"| {model} | | memory | {memory:.0f} MB | | | | |", flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="1x4,1x8,1x16,2x4", help="processes x threads")
    parser.add_argument("--clients", default="1,10,50", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--what", default="list,one,add", help="which requests")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each line")
    parser.add_argument("--capture", action="store_true", help="while two workers capture pages")
    options = parser.parse_args()
    corpus = fetch("sqlite3-doc")
    wrong: list[str] = []
    print("| processes x threads | clients | what | answers/s | p50 ms | p95 ms | max ms | CPU-ms each |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name, Origin(corpus.root) as origin:
        script, data = Path(__file__).with_name("filling.py"), Path(name, "data")
        numbers = ("--snapshots", str(SNAPSHOTS), "--tagged", "5000", "--with-results", "1000")
        subprocess.run([sys.executable, str(script), str(data), *numbers], check=True, capture_output=True)
        for model in options.models.split(","):
            wrong += run(data, model, options, origin, list(corpus.pages))
    for line in sorted(set(wrong)):
        print("wrong:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
