"""Find snapshots by what is in them: the search index narrows the list, the other filters narrow it further."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from django.db.models import Q, QuerySet

from pagekeep.archive.filters import SEARCH_MODES, SnapshotFilters, check_choice
from pagekeep.archive.models import Snapshot
from pagekeep.archive.queries import count_snapshots, list_snapshots
from pagekeep.archive.references import EPOCH
from pagekeep.search.index import Asked, Part
from pagekeep.services.wiring import search_index

FIRST_LOOK = 4_000
EXACT = 50_000


@dataclass(frozen=True, slots=True)
class FoundSnapshots:
    """Which snapshots fit.

    Attributes:
        condition: of the rows, right up to the number that was asked for; None for all.
        filters: those that are still to be applied.
        total: how many fit, where the index knows it; None where the rows are to be counted.
    """

    condition: Q | None
    filters: SnapshotFilters
    total: int | None

    def narrow(self, rows: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
        """Return the rows that were found."""
        return rows if self.condition is None else rows.filter(self.condition)

    def rows(self) -> QuerySet[Snapshot]:
        """Return the snapshots as `list_snapshots` does."""
        return self.narrow(list_snapshots(self.filters))

    def count(self) -> int:
        """Return how many fit: from the index or from counters where these know, counted where not."""
        if self.total is not None:
            return self.total
        return count_snapshots(self.filters) if self.condition is None else self.rows().count()


def find_snapshots(filters: SnapshotFilters, *, most: int) -> FoundSnapshots:
    """Find what ``search`` of the filters asks for, in the texts that ``search_mode`` names; all without a search.

    Args:
        most: how many of the newest will be looked at: offset and limit together.

    Raises:
        BadInput: the mode is none.
    """
    check_choice("search_mode", filters.search_mode, SEARCH_MODES)
    asked = Asked.of(filters.search or "", filters.search_mode or "")
    rest = replace(filters, search=None, search_mode=None)
    if not asked.text:
        return FoundSnapshots(None, rest, None)
    if any(getattr(rest, field.name) for field in fields(rest)):
        return _find_among(asked, rest, most)
    found = search_index().find(asked, most)
    return FoundSnapshots(Q(timestamp__in=found.timestamps), rest, found.total)


def _find_among(asked: Asked, rest: SnapshotFilters, most: int) -> FoundSnapshots:
    """Find what fits a search and other filters too: among the newest hits first, which are enough for common words.

    The total is exact up to 50,000 hits of the search; above it is an estimate, from as many as were looked at.
    """
    index = search_index()
    everything = FoundSnapshots(index.condition(asked), rest, None)
    hits = index.find(asked, 0).total
    size = FIRST_LOOK
    while not rest.sort and size < min(hits, EXACT):
        newest = _in_time(index.find(asked, size).timestamps)
        number = list_snapshots(rest).filter(newest).count()
        if number >= most:
            total = everything.count() if hits <= EXACT else number * hits // size
            return FoundSnapshots(newest, rest, total)
        size *= 4
    return everything


def _in_time(timestamps: list[str]) -> Q:
    """Return the condition of being one of these, newest first, with the time they lie in: other indexes have that."""
    oldest = EPOCH + timedelta(microseconds=int(timestamps[-1].replace(".", "")))
    return Q(timestamp__in=timestamps, bookmarked_at__gte=oldest)


def passages(filters: SnapshotFilters, snapshots: Iterable[Snapshot]) -> Mapping[str, list[Part]]:
    """Return where the texts of these snapshots hold what was searched for, by timestamp; none for meta."""
    asked = Asked.of(filters.search or "", filters.search_mode or "")
    return search_index().passages(asked, [snapshot.timestamp for snapshot in snapshots])
