"""How many there are: from the counters that triggers keep where they know, else counted. One statement each."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, Sum

from pagekeep.archive.counters import RESULT, SNAPSHOT
from pagekeep.archive.filters import ResultFilters, SnapshotFilters
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, StatusCount, Tag
from pagekeep.domain.status import CrawlStatus, SnapshotStatus

# These leave the number as it is.
_NO_FILTERS = {"sort", "search_mode"}


@dataclass(frozen=True, slots=True)
class ArchiveCounts:
    """The archive at a glance.

    Attributes:
        by_status: number of snapshots of every status, zeros included.
        output_size: bytes of all outputs, each counted where it is listed.
        oldest_queued_at: since when the first snapshot of the queue has been due.
    """

    snapshots: int
    by_status: dict[str, int]
    results: int
    output_size: int
    active_crawls: int
    oldest_queued_at: datetime | None


def archive_counts() -> ArchiveCounts:
    """Return how much the archive holds and how much is to do: 3 statements."""
    counts = list(StatusCount.objects.all())
    snapshots = {count.status: count for count in counts if count.kind == SNAPSHOT}
    # Only what can be claimed has a due time, so that the index of those answers.
    queue = Snapshot.objects.filter(retry_at__isnull=False, status=SnapshotStatus.QUEUED).aggregate(
        oldest=Min("retry_at")
    )
    active = Crawl.objects.filter(Q(status=CrawlStatus.QUEUED) | Q(status=CrawlStatus.STARTED))
    return ArchiveCounts(
        snapshots=sum(count.number for count in snapshots.values()),
        by_status={status.value: snapshots[status].number for status in SnapshotStatus},
        results=sum(count.number for count in counts if count.kind == RESULT),
        output_size=sum(count.output_size for count in snapshots.values()),
        active_crawls=active.count(),
        oldest_queued_at=queue["oldest"],
    )


def count_snapshots(filters: SnapshotFilters | None = None) -> int:
    """Return how many snapshots `queries.list_snapshots` lists.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or SnapshotFilters()
    asked = _asked(filters)
    if set(asked) == {"tag"}:
        tag = Tag.objects.filter(key=asked["tag"].strip().casefold()).first()
        return tag.num_snapshots if tag else 0
    condition = filters.condition()
    return _counted(SNAPSHOT, asked) if set(asked) <= {"status"} else Snapshot.objects.filter(condition).count()


def count_results(filters: ResultFilters | None = None) -> int:
    """Return how many archive results `queries.list_results` lists.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or ResultFilters()
    condition, asked = filters.condition(), _asked(filters)
    return _counted(RESULT, asked) if set(asked) <= {"status"} else ArchiveResult.objects.filter(condition).count()


def _asked(filters: Any) -> dict[str, Any]:
    found = {field.name: getattr(filters, field.name) for field in fields(filters)}
    return {name: value for name, value in found.items() if value and name not in _NO_FILTERS}


def _counted(kind: str, asked: dict[str, Any]) -> int:
    counts = StatusCount.objects.filter(kind=kind, **asked)
    return counts.aggregate(number=Sum("number"))["number"] or 0
