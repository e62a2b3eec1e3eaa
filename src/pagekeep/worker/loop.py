"""Claim, capture, again: the life of a worker. A signal ends it, or an order (`services.order_worker`).

Where the disk has no room it pauses, and where the database cannot do its work it waits: both may pass by themselves.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from uuid import UUID

from asgiref.sync import sync_to_async

from pagekeep.archive import queue
from pagekeep.archive.database_errors import passing_errors
from pagekeep.archive.models import Snapshot, Worker
from pagekeep.archive.queue import POLL, LeaseLost
from pagekeep.archive.worker_queries import order_of
from pagekeep.capture.capacity import default_tabs
from pagekeep.config.load import settings
from pagekeep.domain.errors import DatabaseTrouble, DiskFull, EnvironmentProblem
from pagekeep.domain.log_fields import about
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.count_uses import count_uses
from pagekeep.services.end_attempt import give_back
from pagekeep.services.read_sitemaps import sitemaps_waiting
from pagekeep.services.register_worker import register_worker, retire_if_told, retire_worker, worker_beat
from pagekeep.services.run_capture import CaptureEngine, run_capture
from pagekeep.services.wiring import make_engine
from pagekeep.worker.counting import CountingEngine, Speed
from pagekeep.worker.duties import attending
from pagekeep.worker.room import Room

log = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two signs of life, at most: a third of the lease where that is less."""
GRACE = 3.0
"""Seconds running pages have to end by themselves once the worker is asked to stop."""
CLEAN_UP = 3.0
"""Seconds cancelled pages have to give themselves back."""
PATIENCE = 600.0
"""Seconds a worker waits for a database that cannot do its work before it ends with what that says."""
REASON = 500
"""Characters of the reason for a pause that are told."""
NEAR = 60.0
"""Seconds within which a page must become due to be worth waiting for (``until_idle``)."""


async def run_worker(
    tabs: int | None = None,
    *,
    stop: asyncio.Event,
    until_idle: bool = False,
    engine: Callable[[], AbstractAsyncContextManager[CaptureEngine]] = make_engine,
) -> bool:
    """Capture due snapshots until ``stop`` is set; then give back what is unfinished and end within 10 s.

    Told to stop by an order, it ends what it is capturing first.

    Args:
        tabs: pages at a time; None for the setting's, or what this machine can bear.
        until_idle: end by itself when nothing is left to do.
        engine: makes what captures the pages.

    Returns:
        Whether it ended because it was told to by an order.

    Raises:
        EnvironmentProblem: this machine cannot capture, e.g. it has no browser, or the database has not worked for
            long. Nothing is lost: the pages stay queued.
    """
    tabs = tabs or settings().tabs or default_tabs()
    record = await sync_to_async(register_worker)(tabs)
    try:
        async with engine() as capturing:
            with about(worker=str(record)), attending():
                log.info("The worker takes pages, %s at a time", tabs)
                return await _Worker(record, tabs, capturing, stop).live(until_idle=until_idle)
    finally:
        log.info("The worker ends", extra={"worker": str(record)})
        with suppress(DatabaseTrouble, DiskFull), passing_errors():  # then it is buried as dead
            await sync_to_async(retire_worker)(record.pk)


def _waits(within_seconds: float) -> bool:
    return queue.waiting(within_seconds) or sitemaps_waiting(within_seconds)


class _Worker:
    def __init__(self, record: Worker, tabs: int, engine: CaptureEngine, stop: asyncio.Event) -> None:
        self._record, self._tabs, self._engine, self._stop = record, tabs, CountingEngine(engine), stop
        self._owner = record.pk
        self._running: dict[UUID, asyncio.Task[SnapshotStatus]] = {}
        self._owed: set[UUID] = set()  # pages that are to be given back as soon as the database takes it
        self._room = Room()
        self._trouble_since: float | None = None
        self._lease = settings().lease_seconds
        self._speed = Speed()
        self._order = str(Worker.Order.NONE)
        self._turned = asyncio.Event()  # busy or idle, and the record does not say so yet
        self._leaving = False
        self._problem: EnvironmentProblem | None = None

    async def live(self, *, until_idle: bool) -> bool:
        """Work until the end; return whether an order has ended it."""
        beating = asyncio.create_task(self._beat())
        stopping = asyncio.create_task(self._stop.wait())
        told_to_stop = False
        try:
            while not stopping.done() and self._problem is None and not beating.done():
                try:
                    with passing_errors():
                        if told_to_stop := await self._obey():
                            break
                        if until_idle and not self._at_work() and not await sync_to_async(_waits)(NEAR):
                            break
                    self._trouble_since = None
                except (DatabaseTrouble, DiskFull) as trouble:
                    self._bear(trouble)
                await asyncio.wait(
                    {beating, stopping, *self._running.values()}, timeout=POLL, return_when="FIRST_COMPLETED"
                )
                self._collect()
        finally:
            stopping.cancel()
            await self._drain()
            beating.cancel()
            await asyncio.wait({beating})
            with suppress(DatabaseTrouble, DiskFull), passing_errors():
                await self._count()
        if not beating.cancelled():
            beating.result()  # it ends by itself only with an error
        if self._problem:
            raise self._problem
        return told_to_stop

    def _bear(self, trouble: EnvironmentProblem) -> None:
        """Go on although the database did not do its work, for some time."""
        if isinstance(trouble, DiskFull):
            self._room.met_full_disk(trouble)
            return
        now = time.monotonic()
        if self._trouble_since is None:
            log.warning("%s It is tried again.", trouble)
            self._trouble_since = now
        elif now - self._trouble_since > PATIENCE:
            self._problem = trouble

    async def _obey(self) -> bool:
        """Take pages unless told not to; return True once there is nothing left to do but to end, as told."""
        await self._give_back_owed()
        order = await sync_to_async(order_of)(self._owner)
        if order != self._order:
            log.info("Told to %s", order or "go on")
            self._order = order
        if order == Worker.Order.NONE:
            if await self._room.look():
                await self._fill_tabs()
            if self._state() != self._record.state:
                self._turned.set()
        return order == Worker.Order.STOP and not self._running and await self._sign_off()

    async def _sign_off(self) -> bool:
        """Leave as told; return False if it was taken back in this moment."""
        self._leaving = True  # no heartbeat may make us known again
        self._leaving = await sync_to_async(retire_if_told)(self._owner)
        return self._leaving

    def _at_work(self) -> bool:
        return bool(self._running or self._owed)

    def _state(self) -> Worker.State:
        if self._stop.is_set() or self._order:
            return Worker.State.DRAINING
        if self._room.shortage:
            return Worker.State.PAUSED
        return Worker.State.BUSY if self._running else Worker.State.IDLE

    async def _give_back_owed(self) -> None:
        for snapshot_id in list(self._owed):
            await sync_to_async(give_back)(self._owner, snapshot_id)
            self._owed.discard(snapshot_id)

    async def _fill_tabs(self) -> None:
        while len(self._running) < self._tabs:
            snapshot = await sync_to_async(queue.claim)(self._owner, self._lease, besides=list(self._running))
            if snapshot is None:
                return
            self._owed.discard(snapshot.pk)
            self._running[snapshot.pk] = asyncio.create_task(self._capture(snapshot), name=snapshot.url)

    async def _capture(self, snapshot: Snapshot) -> SnapshotStatus:
        return await run_capture(snapshot, self._owner, self._engine)

    def _collect(self) -> None:
        """Take note of the pages that have ended."""
        for snapshot_id, task in list(self._running.items()):
            if not task.done():
                continue
            del self._running[snapshot_id]
            error = None if task.cancelled() else task.exception()
            if task.cancelled() or isinstance(error, LeaseLost):
                continue
            if isinstance(error, DatabaseTrouble | DiskFull):
                told = {"snapshot": str(snapshot_id), "url": task.get_name()}
                log.warning("A page is given back: %s", error, extra=told)
                self._owed.add(snapshot_id)  # it may be so already
                self._bear(error)
            elif isinstance(error, EnvironmentProblem):
                self._problem = error
            elif error is not None:
                log.error(
                    "Its worker cannot go on with a page, which waits until its lease ends",
                    exc_info=error,
                    extra={"snapshot": str(snapshot_id), "url": task.get_name()},
                )
            else:
                self._count_end(task.result())

    def _count_end(self, status: SnapshotStatus) -> None:
        self._record.succeeded += status == SnapshotStatus.SUCCEEDED
        self._record.failed += status == SnapshotStatus.FAILED
        if status in (SnapshotStatus.SUCCEEDED, SnapshotStatus.FAILED):
            self._speed.page_ended()

    async def _beat(self) -> None:
        """Renew leases and the worker's own record; cancel pages whose lease is lost."""
        while True:
            try:
                with passing_errors():
                    await self._beat_once()
            except (DatabaseTrouble, DiskFull) as trouble:
                self._bear(trouble)  # the leases may end meanwhile: they are renewed unless another takes the pages
            with suppress(TimeoutError):
                async with asyncio.timeout(min(BEAT, self._lease / 3)):
                    await self._turned.wait()  # it has become busy or idle, which is told at once
            self._turned.clear()

    async def _beat_once(self) -> None:
        ids = [*self._running, *self._owed]
        held = await sync_to_async(queue.heartbeat)(self._owner, ids, self._lease)
        for snapshot_id in set(ids) - set(held):
            if task := self._running.get(snapshot_id):
                task.cancel()
        self._record.state, self._record.reason = self._state(), self._room.shortage[:REASON]
        self._record.pages_per_minute = self._speed.per_minute()
        if not self._leaving:
            await sync_to_async(worker_beat)(self._record)
        await self._count()

    async def _count(self) -> None:
        uses, tallies = self._engine.take()
        if uses:
            await sync_to_async(count_uses)(self._record.machine_id, uses)
        if tallies:
            await sync_to_async(tallies.write)()

    async def _drain(self) -> None:
        """Let running pages end for a moment, then give back those that have not."""
        if self._running and self._problem is None:
            await asyncio.wait(self._running.values(), timeout=GRACE)
        self._collect()
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=CLEAN_UP)
        cancelled = list(self._running)
        self._collect()
        # Also those that ended: the cancellation may have met them while they gave themselves back.
        self._owed.update(cancelled)
        with suppress(DatabaseTrouble, DiskFull), passing_errors():  # then they are taken over from the dead
            await self._give_back_owed()
