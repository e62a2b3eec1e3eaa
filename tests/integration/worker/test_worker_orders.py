"""Orders reach a worker that runs: real loops and processes, with the engine that ships for tests."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from pagekeep.archive.models import Binary, Machine, Snapshot, Worker
from pagekeep.capture.testing import FakeEngine
from pagekeep.domain.errors import BrowserDied
from pagekeep.services.add_urls import add_urls
from pagekeep.services.note_machine import note_programs
from pagekeep.services.order_worker import order_worker
from pagekeep.worker.loop import run_worker

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 2.0
"""Seconds in which an order must act."""


class Gate(FakeEngine):
    """Holds every page until ``open`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def capture(self, *arguments: Any) -> Any:
        await self.open.wait()
        return await super().capture(*arguments)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(0.02)


async def tell(action: str) -> None:
    worker = await Worker.objects.aget()
    await sync_to_async(order_worker)(worker.pk, action)


async def add(*names: str) -> None:
    urls = [f"https://example.com/{name}" for name in names]
    await sync_to_async(lambda: add_urls(urls, user=None, plugins=["title"]))()


def in_state(**counts: int) -> Callable[[], bool]:
    return lambda: all(Snapshot.objects.filter(status=status).count() == number for status, number in counts.items())


def run(story: Callable[["asyncio.Task[bool]", Gate], Coroutine[Any, Any, None]], tabs: int = 1) -> None:
    async def told() -> None:
        stop, engine = asyncio.Event(), Gate()
        working = asyncio.create_task(run_worker(tabs, stop=stop, engine=lambda: engine))
        try:
            await until(Worker.objects.exists)
            await story(working, engine)
        finally:
            stop.set()
            await working

    asyncio.run(told())
    assert not Worker.objects.exists()


def test_a_drained_worker_ends_what_it_holds_and_takes_nothing_until_resumed() -> None:
    async def story(working: "asyncio.Task[bool]", engine: Gate) -> None:
        await add("held", "waiting")
        await until(in_state(started=1, queued=1))
        await tell("drain")
        await until(Worker.objects.filter(state="draining").exists, 6)
        engine.open.set()
        await until(in_state(succeeded=1, queued=1))
        beat = (await Worker.objects.aget()).heartbeat_at
        await until(Worker.objects.filter(heartbeat_at__gt=beat).exists)  # many rounds later
        assert await sync_to_async(in_state(succeeded=1, queued=1))()
        assert not working.done()
        await tell("resume")
        await until(in_state(succeeded=2), SOON)

    run(story)


def test_an_idle_worker_stops_at_once() -> None:
    async def story(working: "asyncio.Task[bool]", engine: Gate) -> None:
        await tell("stop")
        assert await asyncio.wait_for(asyncio.shield(working), SOON)
        await add("nobody takes it")
        assert not await Worker.objects.aexists()

    run(story)
    assert Snapshot.objects.get().status == "queued"


def test_a_busy_worker_stops_after_the_pages_it_holds() -> None:
    async def story(working: "asyncio.Task[bool]", engine: Gate) -> None:
        await add("a", "b", "c")
        await until(in_state(started=2, queued=1))
        await tell("stop")
        asked = time.monotonic()
        await until(lambda: time.monotonic() - asked > SOON)  # in which it would have stopped if it held nothing
        assert not working.done()
        engine.open.set()
        assert await asyncio.wait_for(asyncio.shield(working), SOON)

    run(story, tabs=2)
    assert in_state(succeeded=2, queued=1)()


def test_a_stop_can_be_taken_back_while_a_page_is_held() -> None:
    async def story(working: "asyncio.Task[bool]", engine: Gate) -> None:
        await add("a", "b")
        await until(in_state(started=1))
        await tell("stop")
        await until(Worker.objects.filter(state="draining").exists, 6)
        await tell("resume")
        engine.open.set()
        await until(in_state(succeeded=2))
        assert not working.done()

    run(story)


def test_a_signal_is_no_order() -> None:
    async def told() -> bool:
        stop = asyncio.Event()
        stop.set()
        return await run_worker(1, stop=stop, engine=FakeEngine)

    assert not asyncio.run(told())


def test_what_was_used_is_counted() -> None:
    note_programs()
    add_urls([f"https://example.com/{n}" for n in range(3)], user=None, plugins=["title", "git", "singlefile"])
    failing = {
        "https://example.com/0": "It does not open.",
        "https://example.com/1": BrowserDied("The browser ended."),
    }
    engine = FakeEngine(failures=failing, failing_outputs={"git": "No repository."})

    async def work() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(run_worker(1, stop=stop, engine=lambda: engine))
        await until(in_state(succeeded=1, failed=2))
        await until(Worker.objects.filter(succeeded=1, failed=2, pages_per_minute=3).exists)
        stop.set()
        await working

    asyncio.run(work())
    machine = Machine.objects.get()
    assert (machine.num_uses_succeeded, machine.num_uses_failed) == (1, 1)
    uses = {row.name: (row.num_uses_succeeded, row.num_uses_failed) for row in Binary.objects.all()}
    assert uses["chromium"] == (2, 3)
    assert uses["git"] == (0, 2)
    assert uses["single-file"] == (1, 1)
    assert uses["ffmpeg"] == (0, 0)
