"""Let a crawl wait, and go on with it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.errors import Conflict
from pagekeep.domain.status import CrawlStatus, SnapshotStatus


def pause_crawl(crawl_id: UUID) -> int:
    """Pause what is queued in a crawl; return how many snapshots. Pages that are being captured may end.

    What those link to waits too, until the crawl is resumed.

    Raises:
        Conflict: it has ended.
    """
    now = timezone.now()
    with transaction.atomic():
        crawl = _open_one(crawl_id)
        if crawl.status == CrawlStatus.PAUSED:
            return 0
        queued = Snapshot.objects.filter(crawl_id=crawl_id, status=SnapshotStatus.QUEUED)
        number = queued.update(status=SnapshotStatus.PAUSED, retry_at=None, paused_by_crawl=True, modified_at=now)
        Crawl.objects.filter(pk=crawl_id).update(status=CrawlStatus.PAUSED, paused_at=now, modified_at=now)
    return number


def resume_crawl(crawl_id: UUID, *, due: datetime | None = None) -> int:
    """Queue again what pausing the crawl has paused; return how many snapshots. Those paused one by one stay so.

    Args:
        due: when a worker may take them; None for at once.

    Raises:
        Conflict: it has ended.
    """
    now = timezone.now()
    with transaction.atomic():
        crawl = _open_one(crawl_id)
        if crawl.status != CrawlStatus.PAUSED:
            return 0
        own = Snapshot.objects.filter(crawl_id=crawl_id, status=SnapshotStatus.PAUSED, paused_by_crawl=True)
        changes = {"paused_by_crawl": False, "modified_at": now}
        number = own.update(status=SnapshotStatus.QUEUED, retry_at=due or now, **changes)
        ends_at = crawl.ends_at
        if ends_at and crawl.paused_at:  # the pause does not count
            ends_at += now - crawl.paused_at
        Crawl.objects.filter(pk=crawl_id).update(
            status=CrawlStatus.QUEUED, retry_at=due, paused_at=None, ends_at=ends_at, modified_at=now
        )
    return number


def pause_with_crawl(snapshot_id: UUID) -> None:
    """Pause a snapshot that was just queued again, if its crawl is paused."""
    queued = Snapshot.objects.filter(pk=snapshot_id, status=SnapshotStatus.QUEUED, crawl__status=CrawlStatus.PAUSED)
    changes = {"retry_at": None, "paused_by_crawl": True, "modified_at": timezone.now()}
    queued.update(status=SnapshotStatus.PAUSED, **changes)


def _open_one(crawl_id: UUID) -> Crawl:
    crawl = Crawl.objects.select_for_update().defer("urls").get(pk=crawl_id)
    if crawl.status == CrawlStatus.SEALED:
        raise Conflict(f"The crawl {crawl_id} has ended; retry its snapshots, or add the URLs again.")
    return crawl
