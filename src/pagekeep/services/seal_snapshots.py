"""Cancel work: no worker takes these snapshots any more, and one that holds them gives them up."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.seal_crawl import OPEN, seal_crawl


def seal_snapshots(snapshot_ids: Iterable[UUID], *, reason: str = "Cancelled before it was captured.") -> int:
    """Seal those that wait or run; return how many. What ended already stays as it is.

    Args:
        reason: the sentence people read.
    """
    with transaction.atomic():
        sealed = dict(Snapshot.objects.filter(pk__in=list(snapshot_ids), status__in=OPEN).values_list("pk", "crawl_id"))
        Snapshot.objects.filter(pk__in=sealed).update(
            status=SnapshotStatus.SEALED,
            reason=reason,
            retry_at=None,
            lease_owner=None,
            current_step="",
            modified_at=timezone.now(),
        )
        waiting = ArchiveResult.objects.filter(
            snapshot__in=sealed,
            status__in=(ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.BACKOFF),
            uploads__isnull=True,
        )
        waiting.update(status=ResultStatus.SKIPPED, output_str=reason, modified_at=timezone.now())
        for crawl_id in set(sealed.values()):
            seal_crawl(crawl_id)
    return len(sealed)
