"""Cancel work: no worker takes these snapshots any more, and one that holds them gives them up."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.plan_sitemaps import drop_sitemaps
from pagekeep.services.seal_crawl import OPEN, seal_crawl

CANCELLED = "Cancelled before it was captured."
OPEN_RESULTS = (ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.BACKOFF)


def seal_snapshots(snapshot_ids: Iterable[UUID], *, reason: str = CANCELLED) -> int:
    """Seal those that wait or run; return how many. What ended already stays as it is.

    Args:
        reason: the sentence people read.
    """
    with transaction.atomic():
        sealed = dict(Snapshot.objects.filter(pk__in=list(snapshot_ids), status__in=OPEN).values_list("pk", "crawl_id"))
        _seal(Snapshot.objects.filter(pk__in=sealed), reason)
        for crawl_id in set(sealed.values()):
            seal_crawl(crawl_id)
    return len(sealed)


def seal_crawl_snapshots(crawl_id: UUID, states: Iterable[SnapshotStatus] = OPEN, *, reason: str = CANCELLED) -> int:
    """Seal all snapshots of a crawl that are in one of the states, and the crawl if none is open then; return how many.

    It takes a few statements, however many there are.
    """
    with transaction.atomic():
        drop_sitemaps(crawl_id, reason)
        number = _seal(Snapshot.objects.filter(crawl_id=crawl_id, status__in=[*states]), reason)
        seal_crawl(crawl_id)
    return number


def _seal(snapshots: QuerySet[Snapshot], reason: str) -> int:
    now = timezone.now()
    # The results first: their snapshots are told by the state that changes next.
    waiting = ArchiveResult.objects.filter(
        snapshot__in=snapshots.order_by().values("pk"), status__in=OPEN_RESULTS, uploads__isnull=True
    )
    waiting.update(status=ResultStatus.SKIPPED, output_str=reason, modified_at=now)
    return snapshots.update(
        status=SnapshotStatus.SEALED,
        reason=reason,
        retry_at=None,
        lease_owner=None,
        current_step="",
        paused_by_crawl=False,
        modified_at=now,
    )
