"""How fast the API answers over a large archive, alone and while pages are captured.

Fills a new archive with records (see ``filling.py``), starts the real ``pagekeep server`` and measures calls over HTTP,
one after the other, each with other values where it has some. With ``--capture`` it measures them again while a real
``pagekeep worker`` captures pages of `sqlite3-doc`, and prints the ratio to the same calls without (wanted: at most 4).
Ends with 1 where an answer takes longer than wanted.

    python benchmarks/api.py [--snapshots 1000000] [--calls 40] [--capture] [--tabs 2] [--json FILE]
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpora import fetch
from filling import TAGS_EACH
from origin import Origin
from running import Archive, Client

RATIO = 4.0
KEPT_BUSY = 12
"""Pages that wait for the worker at least, while it is measured beside it."""
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call.

    Attributes:
        paths: what to ask for, in turns.
        body: of a POST.
        wanted: milliseconds the 95th percentile may take, 0 for any.
    """

    name: str
    paths: tuple[str, ...]
    body: dict[str, Any] | None = None
    wanted: float = 0


@dataclass(frozen=True, slots=True)
class Timed:
    """What the calls of one kind took, in milliseconds, and how many items the last one listed of how many."""

    p50: float
    p95: float
    items: int | None
    total: int | None


def calls_for(client: Client, seed: int = 1) -> Iterator[Call]:
    """Yield what is measured, with values that the archive holds."""
    chance = random.Random(seed)
    listed = client.call("/core/snapshots?limit=1")
    total = listed["total_items"]
    pages = [client.call(f"/core/snapshots?limit=1&offset={chance.randrange(total)}")["items"][0] for _ in range(20)]
    tags = [tag for page in client.call("/core/snapshots?limit=500")["items"] for tag in page["tags"]]
    by_use = sorted(set(tags), key=lambda tag: (-tags.count(tag), tag))
    newest = "/core/snapshots?limit=200"

    def asking(name: str, key: str, values: list[str], wanted: float = 0) -> Call:
        paths = tuple(f"{newest}&{key}={urllib.parse.quote(value)}" for value in dict.fromkeys(values))
        return Call(name, paths, wanted=wanted)

    yield Call("list of 200", (newest,), wanted=100)
    yield Call("… with results", (f"{newest}&with_archiveresults=true",), wanted=400)
    yield asking("… search=word", "search", ["garden", "museum", "railway", "orchestra"], 100)
    yield asking("… search=two words", "search", ["garden-museum", "old railway", "small house"], 100)
    yield asking("… search=part of one URL", "search", [page["url"][8:40] for page in pages], 100)
    yield asking("… search=nothing has it", "search", ["xylophonist", "qwertzuiop"], 100)
    yield asking("… tag= (often used)", "tag", by_use[:3], 100)
    yield asking("… tag= (rarely used)", "tag", by_use[-10:], 100)
    for status in ("succeeded", "failed", "paused", "started"):
        yield asking(f"… status={status}", "status", [status], 100)
    yield asking("… domain=", "domain", [urllib.parse.urlsplit(page["url"]).netloc for page in pages])
    yield asking("… url=", "url", [page["url"] for page in pages])
    yield asking("… id= (whole)", "id", [page["id"] for page in pages])
    yield asking("… id= (part)", "id", [page["id"][:13] for page in pages])
    yield asking("… timestamp= (beginning)", "timestamp", [page["timestamp"][:7] for page in pages])
    yield asking("… title=", "title", ["garden", "old railway"])
    yield asking("… url__icontains=", "url__icontains", ["garden", "/old-railway"])
    yield asking("… crawl_id=", "crawl_id", [page["crawl_id"] for page in pages])
    yield asking("… created_by_username= (most)", "created_by_username", ["reader"])
    yield asking("… created_by_username= (few)", "created_by_username", ["visitor", "admin"])
    yield asking("… modified_at__gte=", "modified_at__gte", [page["modified_at"] for page in pages])
    yield asking("… created_at__gte=…&created_at__lt=", "created_at__lt", [page["created_at"] for page in pages])
    for sort in ("created_at", "-modified_at", "timestamp", "url", "title", "-output_size", "-downloaded_at", "status"):
        yield asking(f"… sort={sort}", "sort", [sort])
    for offset in (10_000, total // 2, total - 1_000):
        yield asking(f"… offset={offset}", "offset", [str(offset)])
    results = "/core/archiveresults?limit=200"
    yield Call("archive results", (results,))
    yield Call("… status=", (f"{results}&status=succeeded", f"{results}&status=failed"))
    yield Call("… plugin=", (f"{results}&plugin=title", f"{results}&plugin=media"))
    yield Call("… snapshot_id=", tuple(f"{results}&snapshot_id={page['id'][:18]}" for page in pages))
    yield Call("one snapshot", tuple(f"/core/snapshot/{page['id']}" for page in pages), wanted=25)
    yield Call("… by its timestamp", tuple(f"/core/snapshot/{page['timestamp']}" for page in pages), wanted=25)
    yield Call("… by a beginning of its id", tuple(f"/core/snapshot/{page['id'][:22]}" for page in pages), wanted=25)
    yield Call("tags", ("/core/tags?limit=200",), wanted=100)
    yield Call("cli/add (index_only)", ("/cli/add",), {"index_only": True, "tag": ",".join(by_use[:TAGS_EACH])}, 100)


def measure(client: Client, call: Call, number: int) -> Timed | None:
    """Make one kind of call ``number`` times, after one that is not counted; None where the server has no such call."""
    times: list[float] = []
    answer: Any = None
    for turn in range(-1, number):
        body = call.body and {**call.body, "urls": [f"https://example.org/{time.time_ns()}"]}
        started = time.perf_counter()
        try:
            content = client.fetch(call.paths[turn % len(call.paths)], body)
        except RuntimeError as error:
            if "answers 404" in str(error):
                return None
            raise
        if turn >= 0:
            times.append((time.perf_counter() - started) * 1000)
        answer = json.loads(content)
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    return Timed(statistics.median(times), p95, answer.get("num_items"), answer.get("total_items"))


class Capturing:
    """A worker that captures pages while the block runs, and never runs out of them."""

    def __init__(self, archive: Archive, urls: list[str], tabs: int) -> None:
        self._archive, self._urls = archive, urls
        self.started = time.monotonic()
        self._worker = archive.start("worker", "--tabs", str(tabs))
        self.refill()
        while not self._count("started"):
            if self._worker.poll() is not None:
                raise SystemExit("The worker has ended; it said why in its file.")
            time.sleep(POLL_SECONDS)

    def refill(self) -> None:
        """Queue all pages once more if few are left."""
        due = self._count("queued", "&bookmarked_at__gte=" + time.strftime("%Y-%m-%d"))
        if due < KEPT_BUSY:
            self._archive.call("/cli/add", {"urls": self._urls})

    def end(self) -> float:
        """End the worker; return how many pages it has captured in a minute."""
        minutes = (time.monotonic() - self.started) / 60
        done = self._count("succeeded", "&bookmarked_at__gte=" + time.strftime("%Y-%m-%d"))
        self._archive.end(self._worker)
        return done / minutes

    def _count(self, status: str, more: str = "") -> int:
        return int(self._archive.call(f"/core/snapshots?limit=1&status={status}{more}")["total_items"])


def run(archive: Archive, origin: Origin | None, pages: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Measure every call; return the figures by name, with those beside captures where ``origin`` has pages."""
    found: dict[str, Any] = {}
    archive.serve()
    with Client(archive) as client:
        chosen = [call for call in calls_for(client) if not options.only or options.only in call.name]
        for call in chosen:
            print(f"{call.name} …", file=sys.stderr, flush=True)
            found[call.name] = {"wanted": call.wanted, "idle": measure(client, call, options.calls)}
        if origin:
            capturing = Capturing(archive, [f"{origin.url}/{page}" for page in pages], options.tabs)
            for call in chosen:
                print(f"{call.name}, while pages are captured …", file=sys.stderr, flush=True)
                capturing.refill()
                found[call.name]["capturing"] = measure(client, call, options.calls)
            rate = capturing.end()
            print(f"{rate:.0f} pages a minute were captured meanwhile.\n", file=sys.stderr)
    return found


def table(found: dict[str, Any], *, capturing: bool) -> bool:
    """Print the figures; return whether all are as wanted."""
    good = True
    more = " capturing p50 | p95 | ratio of p95 |" if capturing else ""
    print(f"| call | items of total | p50 | p95 | wanted |{more}")
    print("|---|---|---|---|---|" + "---|---|---|" * capturing)
    for name, figures in found.items():
        idle: Timed | None = figures["idle"]
        if idle is None:
            print(f"| {name} | this server has no such call | | | |" + " | | |" * capturing)
            continue
        total = "" if idle.total is None else f"{idle.items} of {idle.total:,}"
        wanted = f"{figures['wanted']:.0f} ms" if figures["wanted"] else ""
        line = f"| {name} | {total} | {idle.p50:.1f} ms | {idle.p95:.1f} ms | {wanted} |"
        good &= not figures["wanted"] or idle.p95 < figures["wanted"]
        if capturing:
            busy: Timed = figures["capturing"]
            # A list that is empty but for the captures themselves has no figure without them to be compared with.
            alike = bool(idle.total) or not busy.total
            ratio = f"{busy.p95 / idle.p95:.1f}" if alike else "another list"
            line += f" {busy.p50:.1f} ms | {busy.p95:.1f} ms | {ratio} |"
            good &= not figures["wanted"] or not alike or busy.p95 <= idle.p95 * RATIO
        print(line)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=1_000_000)
    parser.add_argument("--tagged", type=int, default=200_000, help="so many, the newest, have 5 tags each")
    parser.add_argument("--with-results", type=int, default=20_000, help="so many, the newest, have 15 results each")
    parser.add_argument("--calls", type=int, default=40, help="of each kind")
    parser.add_argument("--only", default="", help="only kinds whose name holds this")
    parser.add_argument("--capture", action="store_true", help="measure also while pages are captured")
    parser.add_argument("--tabs", type=int, default=2, help="pages captured at a time")
    parser.add_argument("--filled", type=Path, help="copy this data directory, which filling.py has made")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name:
        folder, corpus = Path(name), fetch("sqlite3-doc") if options.capture else None
        with Origin(corpus.root if corpus else folder) as origin, Archive(folder, ALLOW_PRIVATE=origin.address) as own:
            if options.filled:
                shutil.copytree(options.filled, own.data)
            else:
                fill(own.data, options)
            found = run(own, origin if corpus else None, list(corpus.pages) if corpus else [], options)
    good = table(found, capturing=options.capture)
    if options.json:
        options.json.write_text(json.dumps(found, default=asdict, indent=1))
    return 0 if good else 1


def fill(data: Path, options: argparse.Namespace) -> None:
    """Fill a new archive, in a process of its own."""
    numbers = {"snapshots": options.snapshots, "tagged": options.tagged, "with-results": options.with_results}
    arguments = [text for name, number in numbers.items() for text in (f"--{name}", str(number))]
    script = str(Path(__file__).with_name("filling.py"))
    subprocess.run([sys.executable, script, str(data), *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
