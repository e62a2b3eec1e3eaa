"""Every read that API, UI and CLI share: a constant number of SQL statements each, however long the list."""

from django.contrib.auth import get_user_model
from django.db.models import Prefetch, QuerySet

from pagekeep.archive.filters import ResultFilters, SnapshotFilters
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, Tag
from pagekeep.archive.references import find_one, id_range, timestamp_match
from pagekeep.archive.totals import ArchiveCounts, archive_counts, count_results, count_snapshots

__all__ = [
    "ArchiveCounts",
    "ResultFilters",
    "SnapshotFilters",
    "archive_counts",
    "count_results",
    "count_snapshots",
    "find_crawl",
    "find_result",
    "find_snapshot",
    "has_admin",
    "list_results",
    "list_snapshots",
]


def list_snapshots(filters: SnapshotFilters | None = None, *, with_results: bool = False) -> QuerySet[Snapshot]:
    """Return snapshots newest first, with crawl, its creator and tags (2 statements), and their results (3).

    The crawl comes without ``urls``, which may be long.

    ``snapshot.tags.all()`` is sorted by name, ``snapshot.results.all()`` in the order they are made.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or SnapshotFilters()
    found = _with_relations(Snapshot.objects.all(), with_results=with_results)
    return found.filter(filters.condition()).order_by(*filters.order())


def list_results(filters: ResultFilters | None = None) -> QuerySet[ArchiveResult]:
    """Return archive results with snapshot, crawl, creator and tags: 2 statements.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or ResultFilters()
    return _results().filter(filters.condition()).order_by(*filters.order())


def find_snapshot(reference: str, *, with_results: bool = True) -> Snapshot:
    """Return the snapshot a full id, an id without dashes, an unambiguous prefix or a timestamp (epoch or ISO) names.

    Raises:
        NotFound, AmbiguousReference
    """
    snapshots = _with_relations(Snapshot.objects.all(), with_results=with_results)
    return find_one(snapshots, [id_range(reference), timestamp_match(reference)], "snapshot", reference)


def find_result(reference: str) -> ArchiveResult:
    """Return the archive result an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(_results(), [id_range(reference)], "archive result", reference)


def find_crawl(reference: str) -> Crawl:
    """Return the crawl an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(Crawl.objects.select_related("created_by"), [id_range(reference)], "crawl", reference)


def has_admin() -> bool:
    """Whether anyone can log in to administer the archive."""
    return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()


def _with_relations(snapshots: QuerySet[Snapshot], *, with_results: bool) -> QuerySet[Snapshot]:
    related = snapshots.select_related("crawl__created_by").defer("crawl__urls").prefetch_related(_tags("tags"))
    if with_results:
        related = related.prefetch_related(Prefetch("results", ArchiveResult.objects.order_by("position", "id")))
    return related


def _results() -> QuerySet[ArchiveResult]:
    related = ArchiveResult.objects.select_related("snapshot__crawl__created_by").defer("snapshot__crawl__urls")
    return related.prefetch_related(_tags("snapshot__tags"))


def _tags(lookup: str) -> "Prefetch[str, QuerySet[Tag], str]":
    return Prefetch(lookup, Tag.objects.order_by("key"))
