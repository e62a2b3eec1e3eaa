import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot, Worker
from pagekeep.capture.testing import FakeEngine
from pagekeep.domain.errors import BrowserDied, EnvironmentProblem
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.worker import loop
from pagekeep.worker.loop import run_worker

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import asyncio, sys, django
django.setup()
from pagekeep.capture.testing import FakeEngine
from pagekeep.worker.loop import run_worker
from pagekeep.worker.signals import stop_on_signals

async def main():
    stop = asyncio.Event()
    stop_on_signals(stop)
    await run_worker(2, stop=stop, engine=lambda: FakeEngine(output_seconds=float(sys.argv[1])))

asyncio.run(main())
"""


@pytest.fixture
def start() -> Iterator[Callable[[float], "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(output_seconds: float) -> "subprocess.Popen[bytes]":
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings", "PAGEKEEP_LEASE_SECONDS": "3"}
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(output_seconds)], env=env)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(0.02)


def work(engine: FakeEngine, tabs: int = 2) -> None:
    asyncio.run(run_worker(tabs, stop=asyncio.Event(), until_idle=True, engine=lambda: engine))


def test_everything_queued_is_captured_and_the_worker_forgotten() -> None:
    add_urls([f"https://example.com/{number}" for number in range(5)], user=None, plugins=["title", "pdf"])
    work(FakeEngine())
    assert set(Snapshot.objects.values_list("status", flat=True)) == {SnapshotStatus.SUCCEEDED}
    assert ArchiveResult.objects.count() == 10
    assert not Worker.objects.exists()


def test_tabs_bound_what_runs_at_once() -> None:
    running = 0
    most = 0

    class Counting(FakeEngine):
        async def capture(self, *arguments: object) -> object:  # type: ignore[override]
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                return await super().capture(*arguments)  # type: ignore[arg-type]
            finally:
                running -= 1

    add_urls([f"https://host-{number}.example.com/" for number in range(9)], user=None, plugins=["title"])
    work(Counting(output_seconds=0.02), tabs=3)
    assert most == 3


def test_one_bad_page_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "NEAR", 0.0)
    names = ["good", "bug", "dead", "unreachable", "better"]
    add_urls([f"https://example.com/{name}" for name in names], user=None, plugins=["title"])
    failures: dict[str, Exception | str] = {
        "https://example.com/bug": ZeroDivisionError(),
        "https://example.com/dead": BrowserDied("The browser ended."),
        "https://example.com/unreachable": "No such host.",
    }
    work(FakeEngine(failures=failures))
    ended = {url.rpartition("/")[2]: status for url, status in Snapshot.objects.values_list("url", "status")}
    assert ended == {
        "good": "succeeded", "bug": "failed", "dead": "queued", "unreachable": "failed", "better": "succeeded"
    }  # fmt: skip


def test_without_browser_the_worker_ends_and_the_queue_stays() -> None:
    add_urls(["https://example.com/a", "https://example.com/b"], user=None)
    no_browser = EnvironmentProblem("There is no browser.")
    with pytest.raises(EnvironmentProblem):
        work(FakeEngine(failures={"https://example.com/a": no_browser, "https://example.com/b": no_browser}))
    assert set(Snapshot.objects.values_list("status", "attempts")) == {("queued", 0)}


def test_a_removed_page_is_given_up() -> None:
    (snapshot,) = add_urls(["https://example.com/slow"], user=None).snapshots

    async def remove_midway() -> None:
        stop = asyncio.Event()
        engine = FakeEngine(output_seconds=0.2)
        working = asyncio.create_task(run_worker(1, stop=stop, engine=lambda: engine))
        await until(ArchiveResult.objects.filter(status="succeeded").exists)
        await sync_to_async(remove_snapshots)([snapshot.pk])
        await sync_to_async(partial(add_urls, ["https://example.com/next"], user=None, plugins=["title"]))()
        await until(Snapshot.objects.filter(status="succeeded").exists)
        stop.set()
        await working

    asyncio.run(remove_midway())
    assert Snapshot.objects.get().url == "https://example.com/next"


def test_a_stopped_worker_gives_its_pages_back_in_time() -> None:
    add_urls(["https://example.com/a", "https://example.com/b", "https://example.com/c"], user=None)

    async def stop_midway() -> float:
        stop = asyncio.Event()
        working = asyncio.create_task(run_worker(2, stop=stop, engine=lambda: FakeEngine(output_seconds=60)))
        await until(lambda: Snapshot.objects.filter(current_step="title").count() == 2)
        asked = time.monotonic()
        stop.set()
        await working
        return time.monotonic() - asked

    assert asyncio.run(stop_midway()) < 10
    assert set(Snapshot.objects.values_list("status", "attempts", "lease_owner")) == {("queued", 0, None)}
    assert not ArchiveResult.objects.exclude(status="queued").exists()
    assert not Worker.objects.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_process(
    start: Callable[[float], "subprocess.Popen[bytes]"], number: signal.Signals
) -> None:
    add_urls(["https://example.com/a"], user=None)
    process = start(60)
    wait_until(Snapshot.objects.filter(current_step="title").exists)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert Snapshot.objects.get().status == SnapshotStatus.QUEUED


def test_the_second_signal_kills_at_once(start: Callable[[float], "subprocess.Popen[bytes]"]) -> None:
    add_urls(["https://example.com/a"], user=None)
    process = start(60)
    wait_until(Snapshot.objects.filter(current_step="title").exists)
    process.send_signal(signal.SIGINT)
    wait_until(Worker.objects.filter(state="draining").exists)
    process.send_signal(signal.SIGINT)
    assert process.wait(1) == 128 + signal.SIGINT


def test_the_page_of_a_killed_worker_is_captured_again(
    start: Callable[[float], "subprocess.Popen[bytes]"], data_dir: Path
) -> None:
    (snapshot,) = add_urls(["https://example.com/a"], user=None).snapshots
    killed = start(0.3)
    wait_until(ArchiveResult.objects.filter(status="succeeded").exists)
    killed.kill()
    killed.wait(10)
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.STARTED
    start(0.0)
    wait_until(Snapshot.objects.filter(status="succeeded").exists)
    snapshot.refresh_from_db()
    assert snapshot.attempts == 2
    assert set(snapshot.results.values_list("status", flat=True)) == {"succeeded"}


def test_a_live_worker_keeps_its_lease_however_long_the_page_takes(
    start: Callable[[float], "subprocess.Popen[bytes]"],
) -> None:
    add_urls(["https://example.com/a"], user=None, plugins=["title"])
    start(5.0)
    wait_until(Snapshot.objects.filter(current_step="title").exists)
    lease = Snapshot.objects.get().lease_expires_at
    assert lease is not None
    wait_until(lambda: timezone.now() > lease + timedelta(seconds=0.5))
    start(0.0)
    wait_until(Snapshot.objects.filter(status="succeeded").exists)
    assert Snapshot.objects.get().attempts == 1


def test_a_worker_says_at_once_whether_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "BEAT", 3600.0)  # so that no later sign of life tells it

    async def look() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(run_worker(1, stop=stop, engine=lambda: FakeEngine(output_seconds=0.05)))
        await until(Worker.objects.filter(state="idle").exists)
        await sync_to_async(partial(add_urls, ["https://example.com/a"], user=None))()
        await until(Worker.objects.filter(state="busy").exists)
        await until(Snapshot.objects.filter(status="succeeded").exists)
        await until(Worker.objects.filter(state="idle").exists)
        stop.set()
        await working

    asyncio.run(look())
