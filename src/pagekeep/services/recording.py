"""Watch a visit: record each output as it comes, and note in the capture's log what happens."""

import asyncio
from contextlib import suppress
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from pagekeep.archive.models import Snapshot
from pagekeep.archive.queue import LeaseLost, note_visit
from pagekeep.capture.capture_log import CaptureLog
from pagekeep.domain.log_fields import note
from pagekeep.domain.plugins import PLUGINS
from pagekeep.domain.results import Result
from pagekeep.services.follow_early import follow_early
from pagekeep.services.follow_links import links_ahead
from pagekeep.services.record_result import record_error_answer, record_result, record_step
from pagekeep.storage.snapshot_files import SnapshotFiles

_OPENING = ("open", "fetch")
"""The steps of a visit that ask for the page."""
SEEN_FROM = 0.25
"""Seconds a step must last to be recorded: most are over sooner, and each would cost two statements."""


class Recording:
    """The progress of one visit (see `capture.protocols.Progress`). Steps too short to be seen are not recorded.

    Attributes:
        files: of the snapshot.
        log: what happens, line by line.
        recorded: the plugins whose results are.
        followed: whether the page's links are followed already.
    """

    def __init__(self, owner: UUID, snapshot: Snapshot, files: SnapshotFiles, log: CaptureLog) -> None:
        self.files, self.log = files, log
        self.recorded: set[str] = set()
        self.followed = False
        self._owner, self._snapshot_id = owner, snapshot.pk
        self._host, self._is_link = snapshot.domain, snapshot.depth > 0
        self._asked = False
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def note(self, line: str) -> None:
        self.log.note(line)

    async def step(self, name: str) -> None:
        note(step=name)
        if not self._asked and name not in _OPENING:
            # The page's request left some time after the claim: its host's delay counts from when it surely had.
            self._asked = True
            await sync_to_async(note_visit)(self._host, followed=self._is_link)
        if name not in PLUGINS:  # of outputs their end is told, and how long they took
            self.note(f"{name} begins")
        await self._step_is_over()
        self._timer = asyncio.get_running_loop().call_later(SEEN_FROM, self._tell, name)

    async def result(self, result: Result) -> None:
        await sync_to_async(record_result)(self._owner, self._snapshot_id, result)
        self.recorded.add(result.plugin)
        self.note(_told(result))

    async def answered(self, status: int) -> None:
        if status >= 400:
            await sync_to_async(record_error_answer)(self._owner, self._snapshot_id, status)

    async def linked(self, final_url: str) -> None:
        if links := await asyncio.to_thread(_links_ahead, self._snapshot_id):
            await sync_to_async(follow_early)(self._owner, self._snapshot_id, final_url, links)
            self.followed = True
            self.note("the links are followed")

    async def close(self) -> None:
        """Record no step any more."""
        with suppress(LeaseLost):  # whoever writes next learns of it
            await self._step_is_over()

    def _tell(self, name: str) -> None:
        self._telling = asyncio.create_task(sync_to_async(record_step)(self._owner, self._snapshot_id, name))

    async def _step_is_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        telling, self._timer, self._telling = self._telling, None, None
        if telling is not None:
            await telling


def _links_ahead(snapshot_id: UUID) -> list[str]:
    close_old_connections()
    return links_ahead(snapshot_id)


def _told(result: Result) -> str:
    seconds, size = (result.ended_at - result.started_at).total_seconds(), sum(file.size for file in result.files)
    kept = f", {len(result.files)} files of {size} bytes" if result.files else ""
    return f"{result.plugin} {result.status} after {seconds:.3f} s{kept}: {result.summary}"
