"""How a crawl is getting on: how fast, how much, and what it waits for. A constant number of SQL statements each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlSitemap, Snapshot
from pagekeep.archive.progress import live_workers
from pagekeep.domain.status import CrawlStatus, SnapshotStatus

WINDOW = timedelta(minutes=5)
"""Time over which the speed of an open crawl is averaged; one that is younger than a minute counts as one minute."""
_ENDED = (SnapshotStatus.SUCCEEDED, SnapshotStatus.FAILED)


class WaitsFor(StrEnum):
    """What has to happen before the next page of a crawl ends."""

    NOTHING = "nothing"
    PAGES = "pages"
    RESUME = "resume"
    WORKER = "worker"
    TIME = "time"
    TURN = "turn"
    SITEMAPS = "sitemaps"


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """How a crawl is getting on.

    Attributes:
        states: how many snapshots are in each state; states without any are left out.
        output_size: bytes of all its outputs.
        pages_per_minute: over the last five minutes, or all its time once it has ended.
        at_work: ``snapshot_id, url, step, started_at`` of the pages that are being captured.
        waits_for: PAGES are being captured; somebody must RESUME it, or the pages that are paused; a WORKER must be
            started; TIME must pass until ``due_at``; it is others' TURN; or its SITEMAPS are to be read, which tell
            its pages.
        due_at: when the first queued page may be taken.
    """

    states: dict[str, int]
    output_size: int
    pages_per_minute: float
    at_work: list[dict[str, Any]]
    waits_for: WaitsFor
    due_at: datetime | None


def crawl_progress(crawls: Collection[Crawl]) -> dict[UUID, CrawlProgress]:
    """Return how each of some crawls is getting on: at most 5 statements."""
    ids, now = [crawl.pk for crawl in crawls], timezone.now()
    states, sums = _states(ids), _sums(ids, now)
    is_open = any(crawl.status != CrawlStatus.SEALED for crawl in crawls)
    at_work = _at_work(ids) if is_open else {}
    has_worker = bool(live_workers()) if is_open else True
    unread = CrawlSitemap.objects.filter(crawl__in=ids, due_at__isnull=False).values_list("crawl_id", flat=True)
    with_sitemaps = set(unread) if is_open else set()
    found: dict[UUID, CrawlProgress] = {}
    for crawl in crawls:
        own, sum_, pages = states.get(crawl.pk, {}), sums.get(crawl.pk, {}), at_work.get(crawl.pk, [])
        found[crawl.pk] = CrawlProgress(
            states=own,
            output_size=sum_.get("size") or 0,
            pages_per_minute=_speed(crawl, own, sum_, now),
            at_work=pages,
            waits_for=_waits_for(
                crawl, own, sum_.get("due"), now, has_worker=has_worker, has_sitemaps=crawl.pk in with_sitemaps
            ),
            due_at=sum_.get("due"),
        )
    return found


def _states(crawl_ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    states: dict[UUID, dict[str, int]] = {}
    rows = Snapshot.objects.filter(crawl__in=crawl_ids).order_by().values_list("crawl_id", "status")
    for crawl_id, status, number in rows.annotate(number=Count("pk")):
        states.setdefault(crawl_id, {})[status] = number
    return states


def _sums(crawl_ids: list[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    rows = Snapshot.objects.filter(crawl__in=crawl_ids).order_by().values("crawl_id")
    sums = rows.annotate(
        size=Sum("output_size"),
        recent=Count("pk", filter=Q(status__in=_ENDED, claimed_at__gte=now - WINDOW)),
        first=Min("claimed_at"),
        last=Max("claimed_at", filter=Q(status__in=_ENDED)),
        kept=Max("downloaded_at"),
        due=Min("retry_at", filter=Q(status=SnapshotStatus.QUEUED)),
    )
    return {row["crawl_id"]: dict(row) for row in sums}


def _at_work(crawl_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    pages: dict[UUID, list[dict[str, Any]]] = {}
    held = Snapshot.objects.filter(lease_owner__isnull=False, crawl__in=crawl_ids).order_by("claimed_at", "pk")
    columns = ("crawl_id", "pk", "url", "current_step", "claimed_at")
    for crawl_id, snapshot_id, url, step, since in held.values_list(*columns):
        page = {"snapshot_id": snapshot_id, "url": url, "step": step, "started_at": since}
        pages.setdefault(crawl_id, []).append(page)
    return pages


def _speed(crawl: Crawl, states: dict[str, int], sums: dict[str, Any], now: datetime) -> float:
    first: datetime | None = sums.get("first")
    if first is None:
        return 0.0
    number: int = sums["recent"]
    seconds = min(WINDOW, now - first).total_seconds()
    if crawl.status == CrawlStatus.SEALED:
        number = sum(states.get(status, 0) for status in _ENDED)
        seconds = (max(sums["last"] or first, sums["kept"] or first) - first).total_seconds()
    return round(number * 60 / max(60.0, seconds), 2)


def _waits_for(
    crawl: Crawl,
    states: dict[str, int],
    due: datetime | None,
    now: datetime,
    *,
    has_worker: bool,
    has_sitemaps: bool,
) -> WaitsFor:
    if crawl.status == CrawlStatus.SEALED:
        return WaitsFor.NOTHING
    if states.get(SnapshotStatus.STARTED):
        return WaitsFor.PAGES
    is_queued = states.get(SnapshotStatus.QUEUED)
    if crawl.status == CrawlStatus.PAUSED or not (is_queued or has_sitemaps):
        return WaitsFor.RESUME
    if not has_worker:
        return WaitsFor.WORKER
    if not is_queued:
        return WaitsFor.SITEMAPS
    return WaitsFor.TIME if due and due > now else WaitsFor.TURN
