"""Reads for pages that people look at: rows with their pictures, what is going on now. A few statements each."""

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from pagekeep.archive.filters import SnapshotFilters
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, Tag
from pagekeep.archive.queries import list_snapshots
from pagekeep.domain.status import CrawlStatus, ResultStatus

PICTURES = ("favicon", "screenshot", "static")
_OPEN = (ResultStatus.QUEUED, ResultStatus.STARTED, ResultStatus.BACKOFF, ResultStatus.PAUSED)


def list_rows(filters: SnapshotFilters | None = None) -> QuerySet[Snapshot]:
    """Return snapshots newest first with tags, and two attributes more: 3 statements.

    ``pictures`` are the results of :data:`PICTURES`, whatever their status; ``num_ended`` is how many of its
    ``num_results`` results have ended.

    Raises:
        BadInput: a filter's value is unknown.
    """
    # Not narrowed by status: SQLite would then read every result of that status instead of these snapshots' own.
    pictures = ArchiveResult.objects.filter(plugin__in=PICTURES, hook_name="")
    ended = ArchiveResult.objects.filter(snapshot=OuterRef("pk")).exclude(status__in=_OPEN).order_by()
    number = ended.values("snapshot").annotate(number=Count("pk")).values("number")
    return (
        list_snapshots(filters)
        .annotate(num_ended=Coalesce(Subquery(number), 0))
        .prefetch_related(
            Prefetch("results", pictures.only("snapshot_id", "plugin", "status", "output_files"), to_attr="pictures")
        )
    )


def active_crawls(limit: int = 50) -> QuerySet[Crawl]:
    """Return the crawls that have work to do, newest first: 1 statement."""
    return Crawl.objects.filter(status__in=(CrawlStatus.QUEUED, CrawlStatus.STARTED)).order_by("-created_at")[:limit]


def most_used_tags(limit: int = 100) -> list[str]:
    """Return the names of the tags on most snapshots, sorted by name: 1 statement."""
    used = Tag.objects.filter(num_snapshots__gt=0).order_by("-num_snapshots", "key")
    return sorted(used.values_list("name", flat=True)[:limit], key=str.casefold)
