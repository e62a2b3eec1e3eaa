"""A worker whose disk is full, whose database is held by another, whose leases ran out: no page is lost or blamed."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from pagekeep.archive import queue
from pagekeep.archive.models import Snapshot, Worker
from pagekeep.archive.worker_queries import state_of, why_paused
from pagekeep.capture.testing import FakeEngine
from pagekeep.domain.errors import DiskFull
from pagekeep.services.add_urls import add_urls
from pagekeep.services.check_health import check_health
from pagekeep.storage import layout
from pagekeep.worker import room
from pagekeep.worker.loop import run_worker

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "https://example.com/a"
IMPATIENT_WORKER = """
import asyncio, sys, django
django.setup()
from django.db import connections
connections["default"].settings_dict["OPTIONS"]["timeout"] = 0.2
from pagekeep.capture.testing import FakeEngine
from pagekeep.worker.loop import run_worker
asyncio.run(run_worker(1, stop=asyncio.Event(), until_idle=True, engine=lambda: FakeEngine(output_seconds=0.5)))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(room, "AFTER_FULL", 0.3)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(0.02)


def row() -> tuple[str, int]:
    return Snapshot.objects.values_list("status", "attempts").get()


def test_a_worker_pauses_while_the_disk_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SPACE_RESERVE", 2**62)
    add_urls([PAGE], user=None, plugins=["title"])

    def is_paused() -> bool:
        worker = Worker.objects.first()
        return worker is not None and state_of(worker) == "paused" and "MiB free, captures need" in why_paused(worker)

    async def story() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(run_worker(1, stop=stop, engine=FakeEngine))
        await until(is_paused)
        assert await sync_to_async(row)() == ("queued", 0)
        assert [unwell.part for unwell in await sync_to_async(check_health)()] == ["disk"]
        monkeypatch.setattr(layout, "SPACE_RESERVE", 0)
        await until(Snapshot.objects.filter(status="succeeded").exists)
        await until(Worker.objects.filter(state="idle", reason="").exists)
        stop.set()
        await working

    asyncio.run(story())
    assert row() == ("succeeded", 1)


def test_a_page_that_meets_a_full_disk_is_given_back_and_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    add_urls([PAGE], user=None, plugins=["title", "pdf"])

    class Filling(FakeEngine):
        async def capture(self, *arguments: object) -> object:  # type: ignore[override]
            if not self.requests:
                monkeypatch.setattr(layout, "SPACE_RESERVE", 2**62)
            return await super().capture(*arguments)  # type: ignore[arg-type]

    async def story() -> None:
        stop, engine = asyncio.Event(), Filling(failures={PAGE: DiskFull("The disk is full.")})
        working = asyncio.create_task(run_worker(1, stop=stop, engine=lambda: engine))
        await until(Worker.objects.filter(state="paused").exists)
        await until(lambda: row() == ("queued", 0))
        engine._failures.clear()
        monkeypatch.setattr(layout, "SPACE_RESERVE", 0)
        await until(Snapshot.objects.filter(status="succeeded").exists)
        stop.set()
        await working

    asyncio.run(story())
    assert row() == ("succeeded", 1)


def test_a_page_that_is_too_large_for_the_room_there_is_fails_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one page would be tried for ever, and all others would wait for it."""
    add_urls([PAGE], user=None, plugins=["title"])
    Snapshot.objects.update(attempts=2)
    engine = FakeEngine(failures={PAGE: DiskFull("The quota for the data directory is used up.")})
    asyncio.run(run_worker(1, stop=asyncio.Event(), until_idle=True, engine=lambda: engine))
    assert row() == ("failed", 3)
    assert Snapshot.objects.get().reason == "The quota for the data directory is used up. It was tried 3 times."


def test_a_page_whose_lease_ran_out_unrenewed_is_not_captured_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.worker.loop.BEAT", 3600.0)  # as on a machine that sleeps
    add_urls([PAGE], user=None, plugins=["title"])

    async def story() -> FakeEngine:
        stop, engine = asyncio.Event(), FakeEngine(output_seconds=1.5)
        working = asyncio.create_task(run_worker(2, stop=stop, engine=lambda: engine))
        await until(Snapshot.objects.filter(current_step="title").exists)
        await sync_to_async(lambda: queue.expire([Worker.objects.get().pk]))()
        await until(Snapshot.objects.filter(status="succeeded").exists)
        stop.set()
        await working
        return engine

    assert len(asyncio.run(story()).requests) == 1


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], "tuple[subprocess.Popen[bytes], Path]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "tuple[subprocess.Popen[bytes], Path]":
        said = tmp_path / "said"
        environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
        with said.open("wb") as err:
            started.append(subprocess.Popen([sys.executable, "-c", IMPATIENT_WORKER], env=environ, stderr=err))
        return started[-1], said

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_a_database_that_another_holds_costs_no_page(
    start: Callable[[], "tuple[subprocess.Popen[bytes], Path]"],
) -> None:
    add_urls([PAGE], user=None, plugins=["title", "headers", "dom", "pdf"])
    process, said = start()
    end = time.monotonic() + 30
    while not Snapshot.objects.filter(status="started").exclude(current_step="").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    with transaction.atomic():  # nobody else can write meanwhile
        while "is given back" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < end, said.read_text()
            time.sleep(0.02)
    assert process.wait(30) == 0, said.read_text()
    assert row() == ("succeeded", 1)
    assert "Traceback" not in said.read_text()
