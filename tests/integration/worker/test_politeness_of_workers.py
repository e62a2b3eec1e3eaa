"""Two worker processes with several tabs each, and what a server sees of them."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import new_snapshots
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)

DELAY = 0.4
# The page's request leaves some time after the visit has begun, and what follows takes its time as well.
WORKER = """
import asyncio, os, random, sys, time, django
django.setup()
from pagekeep.capture.testing import FakeEngine
from pagekeep.worker.loop import run_worker

class Asking(FakeEngine):
    async def capture(self, request, sink, progress):
        await progress.step("open")
        await asyncio.sleep(random.uniform(0, 0.2))
        os.write(seen, f"{time.time()} {request.url}\\n".encode())
        return await super().capture(request, sink, progress)

seen = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
asyncio.run(run_worker(3, stop=asyncio.Event(), until_idle=True, engine=Asking))
"""


def test_no_host_is_asked_earlier_than_its_delay_whoever_asks(tmp_path: Path) -> None:
    crawl = Crawl.objects.create(
        created_at=timezone.now(), urls="", max_depth=1, config={"CRAWL_DELAY": DELAY}, plugins=["title"]
    )
    urls = [f"https://{host}.test/{number}" for number in range(6) for host in ("a", "b", "c")]
    pages = new_snapshots(crawl, urls, SnapshotStatus.QUEUED, depth=1)
    seen = tmp_path / "seen"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, str(seen)], env=environment) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert set(Snapshot.objects.values_list("status", flat=True)) == {"succeeded"}
    moments: dict[str, list[float]] = {}
    for line in seen.read_text().splitlines():
        moment, url = line.split()
        moments.setdefault(url.split("/")[2], []).append(float(moment))
    assert sorted(map(len, moments.values())) == [6, 6, 6]
    for asked in moments.values():
        asked.sort()
        assert min(after - before for before, after in pairwise(asked)) >= DELAY - 0.005
    for page in pages:
        snapshot_files(page.pk).remove()
