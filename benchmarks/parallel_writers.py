"""Many processes add URLs at once, then workers claim all of them: on SQLite, or on a PostgreSQL of its own.

Every writer is a process that calls `add_urls`; all begin together and give the same tags. Then each URL must be there
once, no answer may name another snapshot, and the counters must be right. Then worker processes claim and end every
snapshot: each must be claimed once, by one of them. Ends with 1 otherwise, or where a process met any error.

    python benchmarks/parallel_writers.py [--database sqlite] [--writers 50] [--urls 2000] [--at-once 20] [--workers 4]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

HOSTS = 1_000
"""So many that no host's turn keeps a worker waiting."""

WRITE = """
import json, sys, time
import django
django.setup()
from pagekeep.services.add_urls import add_urls
urls, at_once = json.loads(sys.stdin.readline())
print("ready", flush=True)
sys.stdin.readline()
ids, times = [], []
for start in range(0, len(urls), at_once):
    began = time.perf_counter()
    added = add_urls(urls[start : start + at_once], user=None, tags=["parallel", f"tag {start % 7}"])
    times.append(time.perf_counter() - began)
    ids += [(str(snapshot.pk), snapshot.url) for snapshot in added.snapshots]
print(json.dumps([ids, times]))
"""

CLAIM = """
import json, sys, time
import django
django.setup()
from uuid import uuid4
from pagekeep.archive import queue
print("ready", flush=True)
sys.stdin.readline()
owner, ids, times, began = uuid4(), [], [], time.perf_counter()
while snapshot := queue.claim(owner, 600):
    times.append(time.perf_counter() - began)
    assert snapshot.lease_owner == owner
    assert queue.held(owner, snapshot.pk).update(status="succeeded", retry_at=None, lease_owner=None) == 1
    ids.append((str(snapshot.pk), snapshot.url))
    began = time.perf_counter()
print(json.dumps([ids, times]))
"""

READ = """
import json
import django
django.setup()
from pagekeep.archive.counters import count_anew
from pagekeep.archive.models import Crawl, Snapshot, Tag
from pagekeep.archive.totals import archive_counts
rows = [(str(pk), url) for pk, url in Snapshot.objects.values_list("pk", "url").iterator()]
counts = {status: number for status, number in archive_counts().by_status.items() if number}
tags = {tag.name: tag.num_snapshots for tag in Tag.objects.all()}
print(json.dumps([rows, counts, tags, Crawl.objects.count(), count_anew()]))
"""


@dataclass(slots=True)
class Did:
    """What processes that ran side by side did.

    Attributes:
        rows: id and URL of each snapshot they made or took.
        times: seconds of each call.
        wrong: what a process that failed said last.
        seconds: from the beginning of all to the end of the last.
    """

    rows: list[tuple[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def side_by_side(code: str, firsts: list[str], environ: dict[str, str]) -> Did:
    """Run the code once for each first line of input, all at the same time."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in firsts
    ]
    for process, first in zip(processes, firsts, strict=True):
        _say(process, first)
    for process in processes:
        assert process.stdout
        process.stdout.readline()  # it is ready
    did, started = Did(), time.monotonic()
    for process in processes:
        _say(process, "\n")
    for process in processes:
        output, errors = process.communicate()
        if process.returncode or errors:
            did.wrong.append((errors.strip() or f"ended with {process.returncode}").splitlines()[-1])
            continue
        rows, times = json.loads(output)
        did.rows += map(tuple, rows)
        did.times += times
    did.seconds = time.monotonic() - started
    return did


def _say(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdin
    with suppress(BrokenPipeError):  # one that has ended says why itself
        process.stdin.write(text)
        process.stdin.flush()


def write(writers: list[list[str]], at_once: int, environ: dict[str, str]) -> Did:
    """Have each writer add its URLs and return what is wrong in the archive then."""
    did = side_by_side(WRITE, [json.dumps([urls, at_once]) + "\n" for urls in writers], environ)
    rows, counts, tags, crawls, corrected = read(environ)
    wanted = Counter(url for urls in writers for url in urls)
    found = Counter(url for _, url in rows)
    did.wrong += [f"{url} is there {found[url]} times, not once" for url in wanted if found[url] != 1]
    did.wrong += [f"{url} was never added" for url in found - wanted if url not in wanted]
    if Counter(did.rows) != Counter(rows):
        did.wrong.append("The calls returned other snapshots than there are.")
    if counts != {"queued": len(wanted)} or tags.get("parallel") != len(wanted) or corrected:
        did.wrong.append(f"The counters are wrong: {counts}, {tags}, {corrected=}.")
    if crawls != len(did.times):
        did.wrong.append(f"There are {crawls} crawls of {len(did.times)} calls.")
    return did


def claim(workers: int, environ: dict[str, str]) -> Did:
    """Have workers claim and end all that is queued and return what is wrong in the archive then."""
    did = side_by_side(CLAIM, [""] * workers, environ)
    rows, counts, _, _, corrected = read(environ)
    taken = Counter(did.rows)
    did.wrong += [f"{url} was claimed {taken[pk, url]} times" for pk, url in rows if taken[pk, url] != 1]
    if counts != {"succeeded": len(rows)} or corrected:
        did.wrong.append(f"The counters are wrong: {counts}, {corrected=}.")
    return did


def read(environ: dict[str, str]) -> tuple[list[tuple[str, str]], dict[str, int], dict[str, int], int, bool]:
    """Return id and URL of every snapshot, what counters say of states and tags, the crawls, and if one was wrong."""
    answer = subprocess.run([sys.executable, "-c", READ], env=environ, check=True, capture_output=True, text=True)
    rows, counts, tags, crawls, corrected = json.loads(answer.stdout)
    return [tuple(row) for row in rows], counts, tags, crawls, corrected


@contextmanager
def archive(database: str) -> Iterator[dict[str, str]]:
    """Make an archive in a temporary folder, and yield the environment of processes that work on it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder, _server(database) as url:
        own = {"PAGEKEEP_DATA_DIR": f"{folder}/data", "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
        environ = kept | own | ({"PAGEKEEP_DATABASE_URL": url} if url else {})
        subprocess.run(
            [sys.executable, "-m", "pagekeep.cli.main", "init"], env=environ, check=True, stderr=subprocess.DEVNULL
        )
        yield environ


@contextmanager
def _server(database: str) -> Iterator[str]:
    if database == "sqlite":
        yield ""
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    with import_module("tests.postgres_server").PostgresServer(safe=True) as server:
        yield server.make_database("pagekeep")
        log = (server.folder / "log").read_text()
        complaints = [line for line in log.splitlines() if "ERROR" in line or "deadlock" in line]
        if complaints:
            raise SystemExit("PostgreSQL complained:\n" + "\n".join(complaints[:10]))


def told(what: str, did: Did) -> str:
    """Return a line of figures."""
    times = [moment * 1000 for moment in did.times] or [0.0]
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    p50, longest = statistics.median(times), max(times)
    rate = f"{len(did.rows) / did.seconds:.0f} URLs/s"
    return f"{what}: {rate}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, longest {longest:.0f} ms."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--writers", type=int, default=50, help="processes that add")
    parser.add_argument("--urls", type=int, default=2_000, help="that each of them adds")
    parser.add_argument("--at-once", type=int, default=20, help="URLs in one call")
    parser.add_argument("--workers", type=int, default=4, help="processes that claim")
    options = parser.parse_args()
    writers = [
        [f"https://host-{(number * 7 + place) % HOSTS}.example/{number}/{place}" for place in range(options.urls)]
        for number in range(options.writers)
    ]
    with archive(options.database) as environ:
        added = write(writers, options.at_once, environ)
        print(told(f"{options.writers} writers added {options.urls} URLs each, {options.at_once} at once", added))
        claimed = claim(options.workers, environ)
        print(told(f"{options.workers} workers claimed and ended {len(claimed.rows)}", claimed))
    wrong = added.wrong + claimed.wrong
    for line in wrong[:50]:
        print("wrong:", line)
    print("No error; nothing was lost, doubled or claimed twice." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
