"""Following the pages of one crawl until each has ended, and capturing them here where no worker does."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from asgiref.sync import sync_to_async

from pagekeep.archive.models import Snapshot
from pagekeep.archive.progress import changed_pages, live_workers, open_pages
from pagekeep.capture.priority import give_way
from pagekeep.cli.display import Display
from pagekeep.config.load import settings
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.worker.loop import run_worker

LOOK_EVERY = 0.2
"""Seconds between two looks at the database; more where a look takes long, as in a crawl of very many pages."""
REST = 10
"""How many times as long as a look took it rests until the next."""
ENDED = (SnapshotStatus.SUCCEEDED, SnapshotStatus.FAILED, SnapshotStatus.SEALED)
UNMADE = (ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.BACKOFF, ResultStatus.PAUSED)


class Following:
    """The pages of a crawl as they were last seen.

    Args:
        ended: called once for each page that has ended, with its results.
        since: what has not changed since then is not told; None for all.
    """

    def __init__(
        self, crawl_id: UUID, display: Display, ended: Callable[[Snapshot], None], since: datetime | None = None
    ) -> None:
        self.crawl_id = crawl_id
        self.succeeded = self.failed = self.cancelled = 0
        self._display, self._tell_ended = display, ended
        self._since = since
        self._seen: set[tuple[UUID, str]] = set()
        self._ended: set[UUID] = set()
        self._is_paused = False

    def look(self) -> bool:
        """Show what has changed since the last look; return whether all pages have ended."""
        left = open_pages(self.crawl_id)  # counted first: what ends between the two reads is told next time
        pages = [page for page in changed_pages(self.crawl_id, self._since) if page.pk not in self._ended]
        for page in pages:
            self._since = max(self._since or page.modified_at, page.modified_at)
            self._show_results(page)
            if page.status in ENDED:
                self._end(page)
        self._display.left(left.waiting + left.paused)
        self._display.at_work([page for page in pages if page.status == SnapshotStatus.STARTED])
        if left.is_paused and not self._is_paused:
            self._display.note("The rest of the crawl is paused; this goes on when it is resumed.")
        self._is_paused = left.is_paused
        return not (left.waiting or left.paused or left.sitemaps)

    def _show_results(self, page: Snapshot) -> None:
        for result in page.results.all():
            if result.status not in UNMADE and (page.pk, result.plugin) not in self._seen:
                self._seen.add((page.pk, result.plugin))
                self._display.output(page, result)

    def _end(self, page: Snapshot) -> None:
        self._ended.add(page.pk)
        self.succeeded += page.status == SnapshotStatus.SUCCEEDED
        self.failed += page.status == SnapshotStatus.FAILED
        self.cancelled += page.status == SnapshotStatus.SEALED
        self._display.page(page)
        self._tell_ended(page)


async def until_ended(following: Following, stop: asyncio.Event, *, capture_here: bool) -> bool:
    """Follow the pages until all have ended; return False if ``stop`` was set before, or this worker told to stop.

    Args:
        capture_here: be the worker where no other is at work; what it has not ended it gives back.

    Raises:
        EnvironmentProblem: this machine cannot capture. The pages stay queued.
    """
    stop_worker = asyncio.Event()
    worker: asyncio.Task[bool] | None = None
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stopping.done():
            began = time.monotonic()
            if await sync_to_async(following.look)():
                return True
            rest = max(LOOK_EVERY, REST * (time.monotonic() - began))
            if worker is not None and worker.done():
                if await worker:
                    return False
                worker = None
            if capture_here and worker is None and not await sync_to_async(live_workers)():
                give_way(settings().worker_niceness)
                worker = asyncio.create_task(run_worker(stop=stop_worker))
            await asyncio.wait({stopping, worker} if worker else {stopping}, timeout=rest)
        return False
    finally:
        stopping.cancel()
        stop_worker.set()
        if worker is not None:
            await worker
