"""Many clients add URLs at once while two workers capture: no lock error, nothing lost, nothing doubled.

Starts the real ``pagekeep server`` and two real ``pagekeep worker`` on a new data directory. Each client adds its URLs
over HTTP, one after the other; every so many-th is a page of a local site, which the workers capture meanwhile, and all
others are recorded only. Then each URL must be there once, and each page have been captured. Ends with 1 otherwise.

    python benchmarks/parallel_adds.py [--clients 50] [--urls 200] [--every 250]
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from corpora import fetch
from origin import Origin
from running import Archive, Client

END_SECONDS = 600.0
POLL_SECONDS = 0.5


@dataclass(slots=True)
class Seen:
    """What the clients met.

    Attributes:
        times: milliseconds of each add.
        errors: every answer that was no success.
        ids: the snapshots the answers named.
    """

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


def add_all(archive: Archive, clients: list[list[tuple[str, bool]]]) -> Seen:
    """Have each client add its URLs one by one, all clients at the same time.

    Args:
        clients: the URLs of each, and whether it is to be captured.
    """
    seen = Seen()

    def add(own: list[tuple[str, bool]]) -> None:
        with Client(archive) as client:
            for url, capture in own:
                started = time.perf_counter()
                try:
                    answer = client.call("/cli/add", {"urls": [url], "index_only": not capture, "tag": "parallel"})
                except (OSError, RuntimeError) as error:
                    seen.errors.append(f"{url}: {error}")
                    return
                seen.times.append((time.perf_counter() - started) * 1000)
                seen.ids += answer["result"]["snapshot_ids"]

    threads = [threading.Thread(target=add, args=(own,)) for own in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def wait_for_captures(archive: Archive) -> None:
    """Wait until no page is queued or being captured."""
    deadline = time.monotonic() + END_SECONDS
    waiting = ("queued", "started")
    while any(archive.call(f"/core/snapshots?limit=1&status={status}")["total_items"] for status in waiting):
        if time.monotonic() > deadline:
            raise SystemExit(f"The workers have not ended the pages within {END_SECONDS:.0f} s.")
        time.sleep(POLL_SECONDS)


def problems(archive: Archive, clients: list[list[tuple[str, bool]]], seen: Seen) -> list[str]:
    """Return what is wrong in the archive: every URL must be there as often as it was added."""
    wanted = Counter(url for own in clients for url, _ in own)
    items = []
    while page := archive.call(f"/core/snapshots?limit=500&offset={len(items)}")["items"]:
        items += page
    found = Counter(item["url"] for item in items)
    wrong = [f"{url} is there {found[url]} times, not {times}" for url, times in wanted.items() if found[url] != times]
    wrong += [f"{url} was never added" for url in found - wanted if url not in wanted]
    if Counter(seen.ids) != Counter(item["id"] for item in items):
        wrong.append("The answers named other snapshots than there are.")
    total = archive.call("/core/snapshots?limit=1")["total_items"]
    if total != len(items):
        wrong.append(f"The total is {total}, but there are {len(items)} snapshots.")
    if len({item["timestamp"] for item in items}) != len(items):
        wrong.append("Two snapshots have the same timestamp.")
    captured = {url for own in clients for url, capture in own if capture}
    states = Counter(item["status"] for item in items if item["url"] in captured)
    if set(states) - {"succeeded"}:
        wrong.append(f"Not all pages were captured: {dict(states)}.")
    return wrong


def urls_for(number: int, each: int, pages: list[str], every: int) -> list[list[tuple[str, bool]]]:
    """Return the URLs of each client; every ``every``-th of all is a page that is captured."""

    def one(index: int) -> tuple[str, bool]:
        place, rest = divmod(index, every)
        return (f"https://example.org/{index}", False) if rest else (f"{pages[place % len(pages)]}?{place}", True)

    return [[one(client * each + index) for index in range(each)] for client in range(number)]


def pages_of(site: Path | None) -> tuple[Path, list[str]]:
    """Return the folder to serve and the pages in it."""
    if site:
        return site, sorted(page.name for page in site.glob("*.html"))
    corpus = fetch("sqlite3-doc")
    return corpus.root, list(corpus.pages)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--urls", type=int, default=200, help="that each client adds")
    parser.add_argument("--every", type=int, default=250, help="every so many-th URL is captured")
    parser.add_argument("--niceness", default="10", help="of the workers")
    parser.add_argument("--site", type=Path, help="folder with the pages that are captured; sqlite3-doc if absent")
    options = parser.parse_args()
    root, names = pages_of(options.site)
    with (
        tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder,
        Origin(root) as origin,
        Archive(Path(folder), ALLOW_PRIVATE=origin.address, WORKER_NICENESS=options.niceness) as archive,
    ):
        archive.serve()
        workers = [archive.start("worker", "--tabs", "1") for _ in range(2)]
        pages = [f"{origin.url}/{page}" for page in names]
        clients = urls_for(options.clients, options.urls, pages, options.every)
        started = time.monotonic()
        seen = add_all(archive, clients)
        took = time.monotonic() - started
        wait_for_captures(archive)
        wrong = seen.errors + problems(archive, clients, seen)
        wrong += [f"A worker has ended: {worker.returncode}" for worker in workers if worker.poll() is not None]
        for number in range(3):
            text = archive.said(number).read_text()
            wrong += [line for line in text.splitlines() if "locked" in line or "Traceback" in line]
    p50, p95 = statistics.median(seen.times), statistics.quantiles(seen.times, n=20, method="inclusive")[-1]
    captured = sum(capture for own in clients for _, capture in own)
    print(
        f"{options.clients} clients added {options.urls} URLs each, {captured} of them captured meanwhile by 2 workers:"
    )
    print(f"{len(seen.times) / took:.0f} adds/s; p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {max(seen.times):.0f} ms.")
    for line in wrong:
        print("wrong:", line)
    print("Nothing was lost or doubled, nothing was locked." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
