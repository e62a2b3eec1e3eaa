"""End crawls whose pages have all ended."""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.status import CrawlStatus, SnapshotStatus

OPEN = (SnapshotStatus.QUEUED, SnapshotStatus.STARTED, SnapshotStatus.PAUSED)


def seal_crawl(crawl_id: UUID) -> bool:
    """Seal the crawl if none of its snapshots waits or runs; return whether it did."""
    waiting = Snapshot.objects.filter(crawl=OuterRef("pk"), status__in=OPEN)
    ended = Crawl.objects.filter(~Exists(waiting), pk=crawl_id).exclude(status=CrawlStatus.SEALED)
    return bool(ended.update(status=CrawlStatus.SEALED, retry_at=None, modified_at=timezone.now()))


def open_crawl(crawl_id: UUID, status: CrawlStatus) -> None:
    """Take a crawl up again: one of its snapshots was queued or started."""
    Crawl.objects.filter(pk=crawl_id).exclude(status=status).update(status=status, modified_at=timezone.now())
