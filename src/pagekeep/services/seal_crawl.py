"""End crawls whose pages have all ended."""

from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlSitemap, Snapshot
from pagekeep.archive.page_facts import is_going_on
from pagekeep.domain.status import CrawlOutcome, CrawlStatus, SnapshotStatus

OPEN = (SnapshotStatus.QUEUED, SnapshotStatus.STARTED, SnapshotStatus.PAUSED)
_OUTCOME = Case(
    When(~Q(outcome=""), then=F("outcome")),
    When(~Q(limit_reached=""), then=Value(CrawlOutcome.LIMIT.value)),
    default=Value(CrawlOutcome.FINISHED.value),
)


def seal_crawl(crawl_id: UUID) -> bool:
    """Seal the crawl if none of its snapshots waits or runs and no sitemap is to be read; return whether it did."""
    if is_going_on(crawl_id):  # the usual case costs little
        return False
    waiting = Snapshot.objects.filter(crawl=OuterRef("pk"), status__in=OPEN)
    unread = CrawlSitemap.objects.filter(crawl=OuterRef("pk"), due_at__isnull=False)
    ended = Crawl.objects.filter(~Exists(waiting), ~Exists(unread), pk=crawl_id).exclude(status=CrawlStatus.SEALED)
    changes = {"retry_at": None, "ends_at": None, "paused_at": None, "modified_at": timezone.now()}
    return bool(ended.update(status=CrawlStatus.SEALED, outcome=_OUTCOME, **changes))


def open_crawl(crawl_id: UUID, status: CrawlStatus) -> None:
    """Take a crawl up again: one of its snapshots was queued or started. A paused crawl stays paused."""
    changing = Crawl.objects.filter(pk=crawl_id).exclude(status__in=(status, CrawlStatus.PAUSED))
    changing.update(status=status, outcome="", modified_at=timezone.now())
