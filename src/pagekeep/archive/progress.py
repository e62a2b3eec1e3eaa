"""What is going on right now: the pages of a crawl as they are made, and the workers that make them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, CrawlSitemap, Snapshot, Worker
from pagekeep.archive.processes import has_ended
from pagekeep.domain.status import CrawlStatus, SnapshotStatus

ALIVE_WITHIN = timedelta(seconds=15)
"""A worker that has not been heard of for longer (three heartbeats) counts as gone."""


def changed_pages(crawl_id: UUID, since: datetime | None) -> list[Snapshot]:
    """Return the snapshots of a crawl that are being captured or have changed, with results and tags: 3 statements.

    Those that are queued are left out: there may be very many, and nothing of them is to be shown.

    Args:
        since: the ``modified_at`` from which on changes are told; None for all.
    """
    pages = Snapshot.objects.filter(crawl_id=crawl_id).exclude(status=SnapshotStatus.QUEUED)
    if since is not None:
        pages = pages.filter(Q(modified_at__gte=since) | Q(status=SnapshotStatus.STARTED))
    results = Prefetch("results", ArchiveResult.objects.order_by("position", "id"))
    return list(pages.prefetch_related(results, "tags").order_by("bookmarked_at", "id"))


@dataclass(frozen=True, slots=True)
class OpenPages:
    """How many snapshots of a crawl have not ended: queued or being captured, and paused; and how many of its sitemaps,
    whose pages are not known before, are still to be read."""

    waiting: int
    paused: int
    sitemaps: int

    @property
    def is_paused(self) -> bool:
        """Whether nothing goes on until somebody resumes what is paused."""
        return bool(self.paused and not self.waiting and not self.sitemaps)


def open_pages(crawl_id: UUID) -> OpenPages:
    """Return how many snapshots of a crawl have not ended: 2 statements."""
    states = (SnapshotStatus.QUEUED, SnapshotStatus.STARTED, SnapshotStatus.PAUSED)
    rows = Snapshot.objects.filter(crawl_id=crawl_id, status__in=states).order_by().values_list("status")
    number: dict[str, int] = dict(rows.annotate(number=Count("pk")))
    paused = number.pop(SnapshotStatus.PAUSED, 0)
    unread = CrawlSitemap.objects.filter(crawl_id=crawl_id, due_at__isnull=False)
    return OpenPages(sum(number.values()), paused, unread.exclude(crawl__status=CrawlStatus.SEALED).count())


def live_workers() -> list[Worker]:
    """Return the workers that take pages: heard of within 15 s, and not told to stop."""
    heard = Worker.objects.filter(heartbeat_at__gte=timezone.now() - ALIVE_WITHIN)
    taking = heard.filter(state__in=(Worker.State.IDLE, Worker.State.BUSY), order=Worker.Order.NONE)
    return [worker for worker in taking.order_by("started_at", "id") if not has_ended(worker)]
