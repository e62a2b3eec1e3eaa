"""How an attempt at a snapshot ends: captured or failed, or given back to the queue.

An end is first judged, then written to the manifest on disk, then finished in the database: a kill in between leaves a
snapshot whose lease ends, and which is captured again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.page_facts import tag_names
from pagekeep.capture.values import Outcome
from pagekeep.config.load import settings
from pagekeep.crawl.politeness import backoff
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import without_credentials
from pagekeep.services.follow_links import follow_links
from pagekeep.services.pause_crawl import pause_with_crawl
from pagekeep.services.record_result import lease_lost, put_results, require_lease, update_sums
from pagekeep.services.recorded import UNMADE, Recorded, as_result, results_of
from pagekeep.services.seal_crawl import seal_crawl
from pagekeep.storage.manifest import Manifest

_JUDGED = ("url", "created_at", "downloaded_at", "response_status", "final_url", "title", "title_edited")
_ENDED = (
    *("status", "reason", "response_status", "final_url", "final_identity", "title", "downloaded_at"),
    *("retry_at", "lease_owner", "current_step", "modified_at"),
)
_FINISHED = ("url", "depth", "title", "title_edited", "downloaded_at", "crawl__max_size")
OPEN_RESULTS = (ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.BACKOFF)


def judge_attempt(owner: UUID, snapshot_id: UUID, outcome: Outcome | None, reason: str) -> Manifest:
    """Return what the snapshot has come to. Outputs that were not made fail with the reason.

    That is what its visit has come to. Where an earlier visit succeeded, that one counts: a retry completes it and
    never turns it into another.

    Args:
        outcome: None where the visit itself broke off.
        reason: the sentence people read then.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    now = timezone.now()
    with transaction.atomic():
        snapshot = queue.held(owner, snapshot_id).only(*_JUDGED).first()
        if snapshot is None:
            raise lease_lost(snapshot_id)
        why = (outcome.reason if outcome else reason) or "The visit ended before this output was made."
        rows = _fail_unmade(snapshot_id, why, now)
        tags = tag_names(snapshot_id)
    starts = [row.start_ts for row in rows if row.start_ts]
    visit = _earlier_visit(snapshot) or outcome
    succeeded = visit is not None and visit.succeeded
    reason = outcome.reason if outcome else reason
    if succeeded and reason:
        reason = f"A later attempt to complete it failed: {reason}"
    return Manifest(
        snapshot_id=snapshot_id,
        url=snapshot.url if settings().keep_secrets else without_credentials(snapshot.url),
        status=SnapshotStatus.SUCCEEDED if succeeded else SnapshotStatus.FAILED,
        reason=reason or ("" if succeeded else "Nothing could be kept of this page."),
        created_at=snapshot.created_at,
        started_at=min(starts, default=None),
        ended_at=now,
        final_url=(visit.final_url if visit else "") or None,
        title=(snapshot.title if snapshot.title_edited or visit is None else visit.title) or None,
        response_status=visit.response_status if visit else None,
        tags=tags,
        results=tuple(as_result(row) for row in rows),
    )


def _fail_unmade(snapshot_id: UUID, why: str, now: datetime) -> list[Recorded]:
    """Fail the outputs that were not made; return all of them as they are then."""
    rows = results_of(snapshot_id)
    if not any(map(_is_unmade, rows)):
        return rows
    changes: dict[str, Any] = {"status": ResultStatus.FAILED, "output_str": why, "end_ts": now}
    unmade = ArchiveResult.objects.filter(snapshot_id=snapshot_id, status__in=OPEN_RESULTS, uploads__isnull=True)
    unmade.update(**changes, modified_at=now)
    return [row._replace(**changes) if _is_unmade(row) else row for row in rows]


def _is_unmade(row: Recorded) -> bool:
    return row.status in OPEN_RESULTS and row.uploads is None


def _earlier_visit(snapshot: Snapshot) -> Outcome | None:
    """Return the visit whose outputs are kept already, if there is one: what it was answered stays what is told.

    A failed visit is none: `retry_snapshot` forgets it.
    """
    if snapshot.downloaded_at is None or snapshot.response_status is None:
        return None
    succeeded = snapshot.response_status < 400
    return Outcome(succeeded, "", snapshot.response_status, snapshot.final_url, snapshot.title, (), {})


def finish_attempt(owner: UUID, end: Manifest, links: Sequence[str] = ()) -> SnapshotStatus:
    """Record how a snapshot ended, free it, follow its links, and seal its crawl if none is left; return its state.

    Args:
        links: those of the page that are not followed yet (see `links_ahead`).

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    with transaction.atomic():
        snapshot = queue.held(owner, end.snapshot_id).select_related("crawl").only(*_FINISHED).first()
        if snapshot is None:
            raise lease_lost(end.snapshot_id)
        snapshot.status, snapshot.reason = end.status, end.reason
        snapshot.response_status, snapshot.final_url = end.response_status, end.final_url or ""
        if not snapshot.title_edited:
            snapshot.title = end.title or ""
        if snapshot.downloaded_at is None and any(result.files for result in end.results):
            snapshot.downloaded_at = end.ended_at
        snapshot.retry_at, snapshot.lease_owner, snapshot.current_step = None, None, ""
        snapshot.save(update_fields=_ENDED)
        if links or snapshot.crawl.max_size:
            follow_links(snapshot, links)
        seal_crawl(snapshot.crawl_id)
    return end.status


def give_back(owner: UUID, snapshot_id: UUID) -> bool:
    """Put a snapshot back into the queue as if it had never been claimed; return False if it was lost already."""
    return _requeue(owner, snapshot_id, due=None, count_attempt=False)


def try_again(owner: UUID, snapshot_id: UUID, why: str, wait: Callable[[int], float] = backoff) -> bool:
    """Queue a snapshot for another attempt; return False if it has had the last one.

    Args:
        why: the sentence people read while it waits.
        wait: from how often it has been tried to the seconds until it is tried again.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    with transaction.atomic():
        require_lease(owner, snapshot_id)
        attempts = Snapshot.objects.values_list("attempts", flat=True).get(pk=snapshot_id)
        if attempts >= settings().max_attempts:
            return False
        due = timezone.now() + timedelta(seconds=wait(attempts))
        reason = f"{why} It was tried {times(attempts)}; the next attempt is due at {due:%Y-%m-%d %H:%M:%S} UTC."
        return _requeue(owner, snapshot_id, due=due, reason=reason, count_attempt=True)


def undo_visit(owner: UUID, snapshot_id: UUID, outcome: Outcome) -> None:
    """Queue the outputs of a visit anew, as it is to be made again as a whole. Their files can be dropped then.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    with transaction.atomic():
        require_lease(owner, snapshot_id)
        put_results(snapshot_id, dict.fromkeys((result.plugin for result in outcome.results), UNMADE))
        Snapshot.objects.filter(pk=snapshot_id, downloaded_at=None).update(response_status=None)
        update_sums(snapshot_id)


def times(number: int) -> str:
    """Return how often, in words."""
    return "once" if number == 1 else f"{number} times"


def _requeue(owner: UUID, snapshot_id: UUID, *, due: datetime | None, reason: str = "", count_attempt: bool) -> bool:
    with transaction.atomic():
        if not queue.release(owner, snapshot_id, due=due, reason=reason, count_attempt=count_attempt):
            return False
        begun = ArchiveResult.objects.filter(snapshot_id=snapshot_id, status=ResultStatus.STARTED, uploads__isnull=True)
        begun.update(status=ResultStatus.QUEUED, start_ts=None, modified_at=timezone.now())
        pause_with_crawl(snapshot_id)
    return True
