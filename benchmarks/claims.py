"""How fast worker processes take pages from a long queue, whose pages are of one host, of a hundred or of ten thousand.

Queues pages in an archive of its own (as seeds, and as links of a crawl that wait for each other), has worker processes
claim and end them as fast as they can for some seconds, and checks that no page was claimed twice. ``blocked`` puts as
many pages of one more host in front, which is not to be asked for an hour.

    python benchmarks/claims.py [--pages 100000] [--processes 4] [--seconds 10]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass

CASES = [
    ("seeds", 1, False),
    ("seeds", 100, False),
    ("seeds", 10_000, False),
    ("links", 100, False),
    ("links", 10_000, False),
    ("links", 10_000, True),
]
FILL = """
import sys
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from pagekeep.archive.models import Crawl, Host, Snapshot
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import new_snapshots
pages, hosts, followed, blocked = map(int, sys.argv[1:])
crawl = Crawl.objects.create(created_at=timezone.now(), urls="", max_depth=1)
now = timezone.now()
if blocked:
    Host.objects.create(name="blocked.example", visited_at=now, slow_until=now + timedelta(hours=1))
    urls = [f"https://blocked.example/{number}" for number in range(pages)]
    new_snapshots(crawl, urls, SnapshotStatus.QUEUED, depth=followed)
urls = [f"https://host-{number % hosts}.example/{number}" for number in range(pages)]
new_snapshots(crawl, urls, SnapshotStatus.QUEUED, depth=followed)
"""
CLAIM = """
import sys, time
import django
django.setup()
from uuid import uuid4
from pagekeep.archive import queue
owner, claimed, empty, cpu = uuid4(), [], 0, 0.0
print("ready", flush=True)
end = time.monotonic() + float(sys.stdin.readline())
while time.monotonic() < end:
    before = time.process_time()
    snapshot = queue.claim(owner, 600)
    if snapshot is None:
        empty += 1
        time.sleep(0.01)
        continue
    cpu += time.process_time() - before
    claimed.append(snapshot.pk)
    queue.held(owner, snapshot.pk).update(status="succeeded", lease_owner=None, retry_at=None)
print(empty)
print(cpu)
for pk in claimed:
    print(pk)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What the processes did. ``empty`` is how often one found nothing that may be visited, ``cpu_ms`` per claim."""

    claimed: int
    twice: int
    empty: int
    cpu_ms: float


def run(processes: int, seconds: float) -> Run:
    """Have processes claim at the same time."""
    command = [sys.executable, "-c", CLAIM]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for worker in workers:
        if not worker.stdout or worker.stdout.readline() != "ready\n":
            raise SystemExit("A process did not start.")
    for worker in workers:
        if worker.stdin:
            worker.stdin.write(f"{seconds}\n")
            worker.stdin.flush()
    claimed: Counter[str] = Counter()
    empty, cpu = 0, 0.0
    for worker in workers:
        output, _ = worker.communicate()
        if worker.returncode:
            raise SystemExit(f"A process ended with {worker.returncode}.")
        first, second, *rest = output.splitlines()
        empty, cpu = empty + int(first), cpu + float(second)
        claimed.update(rest)
    number = sum(claimed.values())
    return Run(number, sum(times > 1 for times in claimed.values()), empty, cpu * 1000 / max(1, number))


def measure(pages: int, processes: int, seconds: float, only: str) -> bool:
    """Run the cases, each on an archive of its own, and print them; return whether no page was claimed twice."""
    fine = True
    for kind, hosts, blocked in CASES:
        name = f"{kind} of {hosts} host{'s' if hosts > 1 else ''}{', behind a blocked one' if blocked else ''}"
        if only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
            os.environ["PAGEKEEP_DATA_DIR"] = folder
            init = [sys.executable, "-m", "pagekeep.cli.main", "init"]
            subprocess.run(init, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            numbers = [str(int(number)) for number in (pages, hosts, kind == "links", blocked)]
            subprocess.run([sys.executable, "-c", FILL, *numbers], check=True)
            found = run(processes, seconds)
        fine &= not found.twice
        print(
            f"{name}: {found.claimed / seconds:.0f} claims/s, {found.cpu_ms:.2f} ms of CPU each; {found.claimed}"
            f" claimed and ended, {found.twice} of them twice; nothing to be had {found.empty} times",
            flush=True,
        )
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0, help="of claiming, in each case")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "pagekeep.project.settings"
    return 0 if measure(options.pages, options.processes, options.seconds, options.only) else 1


if __name__ == "__main__":
    sys.exit(main())
