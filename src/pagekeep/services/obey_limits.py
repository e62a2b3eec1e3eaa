"""The limits of a crawl: its bytes and its time. That of its URLs is `follow_links`' and `add_urls`' concern."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services.seal_crawl import OPEN
from pagekeep.services.seal_snapshots import seal_crawl_snapshots

_WAITING = (SnapshotStatus.QUEUED, SnapshotStatus.PAUSED)


def note_limit(crawl: Crawl, sentence: str) -> None:
    """Record which limit the crawl met; the first one counts."""
    crawl.limit_reached = crawl.limit_reached or sentence
    Crawl.objects.filter(pk=crawl.pk, limit_reached="").update(limit_reached=sentence, modified_at=timezone.now())


def start_clock(crawl: Crawl) -> None:
    """Let the crawl's time run from now on, if it has a limit of time and does not run yet."""
    if crawl.crawl_timeout and crawl.ends_at is None and crawl.status != CrawlStatus.PAUSED:
        ends_at = timezone.now() + timedelta(seconds=crawl.crawl_timeout)
        Crawl.objects.filter(pk=crawl.pk, ends_at=None).update(ends_at=ends_at)


def end_if_full(crawl: Crawl) -> bool:
    """Seal what waits if the crawl's outputs have reached its limit of bytes; return whether they have.

    Pages that are being captured may end. Call it in the transaction that ends a page.
    """
    if not crawl.max_size:
        return False
    size = Snapshot.objects.filter(crawl_id=crawl.pk).aggregate(size=Sum("output_size"))["size"] or 0
    if size < crawl.max_size:
        return False
    _stop(crawl, f"limit of {crawl.max_size} bytes (max_size)", _WAITING)
    return True


def end_overdue_crawls() -> int:
    """Seal what is open in crawls whose time is over; return how many crawls that were. A duty of workers."""
    due = Crawl.objects.filter(ends_at__lte=timezone.now()).exclude(status__in=(CrawlStatus.PAUSED, CrawlStatus.SEALED))
    ended = 0
    for crawl_id in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            # Asked again under the lock: another worker may have done it, or someone paused it.
            crawl = due.select_for_update().defer("urls").filter(pk=crawl_id).first()
            if crawl:
                _stop(crawl, f"limit of {crawl.crawl_timeout} seconds (crawl_timeout)", OPEN)
                ended += 1
    return ended


def _stop(crawl: Crawl, limit: str, states: tuple[SnapshotStatus, ...]) -> None:
    note_limit(crawl, f"It reached its {limit}.")
    reason = f"The crawl reached its {limit} before this page was captured; retry it, or add the URL again."
    seal_crawl_snapshots(crawl.pk, states, reason=reason)
