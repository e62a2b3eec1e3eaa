"""Capture one claimed snapshot: from its row to its final state. No transaction is open while the page loads."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from pagekeep.archive.database_errors import passing_errors
from pagekeep.archive.models import Snapshot
from pagekeep.archive.queue import LeaseLost, note_visit
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.config.load import settings
from pagekeep.crawl.politeness import BUSY
from pagekeep.domain.errors import BrowserDied, DiskFull, EnvironmentProblem, PagekeepError
from pagekeep.domain.log_fields import about
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import domain_of, without_credentials
from pagekeep.services.begin_attempt import begin_attempt
from pagekeep.services.bounded_sink import bounded
from pagekeep.services.end_attempt import finish_attempt, give_back, judge_attempt, times, try_again, undo_visit
from pagekeep.services.follow_links import links_ahead
from pagekeep.services.keep_log import begin_log, keep_log
from pagekeep.services.note_answer import note_busy, note_good_answer
from pagekeep.services.obey_robots import may_visit
from pagekeep.services.record_result import require_lease
from pagekeep.services.recording import Recording
from pagekeep.services.renew_manifest import renew_after_uploads
from pagekeep.services.watch_space import is_disk_full, space_shortage
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles

log = logging.getLogger(__name__)
_FULL = "The disk became full while the page was captured."


class CaptureEngine(Protocol):
    """What captures pages: `capture.engine.Engine`, or the fake of `capture.testing`."""

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        """Visit one URL.

        Raises:
            BrowserDied, EnvironmentProblem
        """
        ...


async def run_capture(snapshot: Snapshot, owner: UUID, engine: CaptureEngine) -> SnapshotStatus:
    """Capture a snapshot that ``owner`` has claimed and return the state it is in now.

    Cancelled, it gives the snapshot back to the queue without counting the attempt.

    Raises:
        LeaseLost: the snapshot was removed, sealed or taken over meanwhile; nothing more was written.
        DiskFull, DatabaseTrouble: there is no room, or the database cannot do its work now. The snapshot was given
            back, unless that was not possible either: then the caller has to.
        EnvironmentProblem: this machine cannot capture; the snapshot was given back.
    """
    url = without_credentials(snapshot.url)
    with about(crawl=str(snapshot.crawl_id), snapshot=str(snapshot.pk), url=url, host=snapshot.domain):
        log.info("Capture begins")
        started = time.monotonic()
        try:
            status, reason = await _capture(snapshot, owner, engine)
        except BaseException as error:
            log.info("Capture is given up", extra={"seconds": time.monotonic() - started, "reason": _why(error)})
            raise
        told = {"status": status, "seconds": time.monotonic() - started, "reason": reason, "step": None}
        log.info("Capture ended" if status != SnapshotStatus.QUEUED else "Capture is tried again later", extra=told)
        return status


def _why(error: BaseException) -> str:
    return "The worker is stopping or has lost it." if isinstance(error, asyncio.CancelledError) else str(error)


async def _capture(snapshot: Snapshot, owner: UUID, engine: CaptureEngine) -> tuple[SnapshotStatus, str]:
    """Return the state of the snapshot and the reason for it."""
    try:
        with passing_errors():
            return await _to_the_end(snapshot, owner, engine)
    except LeaseLost:
        await _tidy_up(snapshot.pk)
        raise
    except asyncio.CancelledError:
        if not await sync_to_async(give_back)(owner, snapshot.pk):
            await _tidy_up(snapshot.pk)
        raise
    except EnvironmentProblem:
        with passing_errors():
            await sync_to_async(give_back)(owner, snapshot.pk)
        raise


async def _to_the_end(snapshot: Snapshot, owner: UUID, engine: CaptureEngine) -> tuple[SnapshotStatus, str]:
    if snapshot.depth and not await asyncio.to_thread(_may_visit, owner, snapshot):
        return SnapshotStatus.QUEUED, ""
    files = snapshot_files(snapshot.pk, _fence(owner, snapshot.pk))
    progress = Recording(owner, snapshot, files, await asyncio.to_thread(begin_log, files))
    progress.note(f"attempt {snapshot.attempts} begins: {snapshot.url}")
    outcome, reason = await _attempt(snapshot, owner, engine, progress)
    if outcome is None and not reason:
        return SnapshotStatus.QUEUED, ""
    end = await sync_to_async(_judge)(snapshot, owner, outcome, reason)
    progress.note(f"attempt {snapshot.attempts} ends: {end.status}" + (f": {end.reason}" if end.reason else ""))
    links = await asyncio.to_thread(_put_down, end, progress)
    return await sync_to_async(_finish)(owner, end, links), end.reason


async def _attempt(
    snapshot: Snapshot, owner: UUID, engine: CaptureEngine, progress: Recording
) -> tuple[Outcome | None, str]:
    """Return the outcome of the visit, or None and why it broke off; no reason means that it is queued again."""
    limit = settings().max_attempts
    if snapshot.attempts > limit:
        return None, f"The worker died over this page {times(limit)}; retry it, perhaps with fewer tabs or outputs."
    try:
        with passing_errors():
            outcome = await _visit(snapshot, owner, engine, progress)
            return await _unless_busy(snapshot, owner, outcome, progress), ""
    except (BrowserDied, DiskFull) as error:
        if isinstance(error, DiskFull) and await asyncio.to_thread(lambda: bool(space_shortage())):
            raise  # the page is not to blame; where there is room, it is too large for it
        progress.note(f"attempt {snapshot.attempts} breaks off: {error}")
        await asyncio.to_thread(keep_log, progress.files, progress.log)
        if await sync_to_async(try_again)(owner, snapshot.pk, str(error)):
            return None, ""
        return None, f"{error} It was tried {times(snapshot.attempts)}."
    except (LeaseLost, EnvironmentProblem):
        raise
    except PagekeepError as error:
        return None, str(error)
    except Exception as error:
        log.exception("Capturing failed unexpectedly")
        return None, f"Pagekeep itself made an error ({type(error).__name__}: {error}); its log has the details."


async def _visit(snapshot: Snapshot, owner: UUID, engine: CaptureEngine, progress: Recording) -> Outcome:
    request = await sync_to_async(begin_attempt)(owner, snapshot.pk)
    progress.log.hide(request.secrecy)
    progress.note(f"outputs to make: {', '.join(request.plugins)}")
    if snapshot.num_results:  # it was begun before
        await asyncio.to_thread(_drop, progress.files, request.plugins)
    sink = bounded(progress.files, request.limits.outputs, request.kept)
    try:
        outcome = await _unless_full(engine, request, sink, progress)
        for result in outcome.results:
            if result.plugin not in progress.recorded:
                await progress.result(result)
        return outcome
    finally:
        await progress.close()


async def _unless_full(engine: CaptureEngine, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
    """Capture; where the disk is full, what failed may have for that alone, also in the browser and its folders.

    Raises:
        DiskFull
        BrowserDied, EnvironmentProblem: for another reason.
    """
    try:
        outcome = await engine.capture(request, sink, progress)
    except (BrowserDied, EnvironmentProblem, OSError) as error:
        if not isinstance(error, DiskFull) and await asyncio.to_thread(is_disk_full):
            raise DiskFull(_FULL) from error
        raise
    failed = not outcome.succeeded or any(result.status == ResultStatus.FAILED for result in outcome.results)
    if failed and await asyncio.to_thread(is_disk_full):
        raise DiskFull(_FULL)
    return outcome


async def _unless_busy(snapshot: Snapshot, owner: UUID, outcome: Outcome, progress: Recording) -> Outcome | None:
    """Return the outcome; None where the host wants to be asked later and the page is queued for that."""
    host = _host_of(snapshot, outcome)
    if host != snapshot.domain:  # redirects led there: it was visited as well
        await sync_to_async(note_visit)(host, followed=snapshot.depth > 0)
    if outcome.response_status not in BUSY:
        return outcome
    wait = await sync_to_async(note_busy)(host, snapshot.attempts, outcome.retry_after)
    if outcome.wall:  # whoever shows a wall shows it again
        return outcome
    if snapshot.attempts < settings().max_attempts:
        await sync_to_async(undo_visit)(owner, snapshot.pk, outcome)
        await asyncio.to_thread(_drop, progress.files, [result.plugin for result in outcome.results])
        progress.note(f"attempt {snapshot.attempts} met a busy server; its next is due in {wait:.0f} s at the earliest")
        await asyncio.to_thread(keep_log, progress.files, progress.log)
        if await sync_to_async(try_again)(owner, snapshot.pk, outcome.reason, lambda _: wait):
            return None
    return replace(outcome, reason=f"{outcome.reason} It was tried {times(snapshot.attempts)}.")


def _fence(owner: UUID, snapshot_id: UUID) -> Callable[[], None]:
    """Return what stops a worker that has lost its lease from writing to disk.

    It is called in threads, for every file: each thread keeps its connection, since opening one costs more than asking.
    """

    def check() -> None:
        with passing_errors():
            close_old_connections()
            require_lease(owner, snapshot_id)

    return check


def _drop(files: SnapshotFiles, plugins: Iterable[str]) -> None:
    for plugin in plugins:
        files.drop(plugin)


def _may_visit(owner: UUID, snapshot: Snapshot) -> bool:
    close_old_connections()
    return may_visit(owner, snapshot)


def _judge(snapshot: Snapshot, owner: UUID, outcome: Outcome | None, reason: str) -> Manifest:
    if outcome and outcome.response_status is not None and outcome.response_status not in BUSY:
        note_good_answer(_host_of(snapshot, outcome))
    return judge_attempt(owner, snapshot.pk, outcome, reason)


def _host_of(snapshot: Snapshot, outcome: Outcome) -> str:
    """Return the name of the host that answered: redirects may have led elsewhere."""
    return domain_of(outcome.final_url) or snapshot.domain


def _put_down(end: Manifest, progress: Recording) -> list[str]:
    """Keep the log and the manifest; return the links that are to be followed then."""
    log_entry = keep_log(progress.files, progress.log)
    progress.files.write_manifest(replace(end, results=(*end.results, *log_entry)))
    if progress.followed or end.status != SnapshotStatus.SUCCEEDED:
        return []
    close_old_connections()
    return links_ahead(end.snapshot_id)


def _finish(owner: UUID, end: Manifest, links: Sequence[str]) -> SnapshotStatus:
    status = finish_attempt(owner, end, links)
    renew_after_uploads(end.snapshot_id)
    return status


async def _tidy_up(snapshot_id: UUID) -> None:
    """Delete what was written after the snapshot had been removed."""
    if not await Snapshot.objects.filter(pk=snapshot_id).aexists():
        await asyncio.to_thread(snapshot_files(snapshot_id).remove)
