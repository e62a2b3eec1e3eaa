"""Take a crawl out of the archive with all its snapshots."""

from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.errors import NotFound
from pagekeep.services.change_crawl import cancel_crawl
from pagekeep.services.remove_snapshots import BATCH, remove_snapshots


def remove_crawl(crawl_id: UUID) -> int:
    """Remove a crawl, its snapshots, their results and files; return how many snapshots.

    It is cancelled first, so that no worker adds to it. What one that is interrupted has not removed can be removed by
    doing it again.

    Raises:
        NotFound: there is no such crawl.
    """
    if not Crawl.objects.filter(pk=crawl_id).exists():
        raise NotFound(f"There is no crawl {crawl_id} in this archive.")
    cancel_crawl(crawl_id, reason="Its crawl is being removed.")
    removed = 0
    while True:
        with transaction.atomic():
            some = list(Snapshot.objects.filter(crawl_id=crawl_id).order_by().values_list("pk", flat=True)[:BATCH])
            if not some:  # and none can come between this look and the removal
                Crawl.objects.filter(pk=crawl_id).delete()
                return removed
        removed += len(remove_snapshots(some).snapshot_ids)
