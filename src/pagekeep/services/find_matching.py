"""Find the snapshots a command is about: the search index answers what is searched for, the filters the rest."""

from dataclasses import replace
from uuid import UUID

from django.db.models import Q, QuerySet

from pagekeep.archive.command_filters import FIND_SECONDS, CommandFilters, FilterType, matching
from pagekeep.archive.models import Snapshot
from pagekeep.archive.sql_functions import giving_up_after
from pagekeep.search.index import Asked
from pagekeep.services.wiring import search_index

FIRST_LOOK = 500
LAST_LOOK = 50_000


def find_ids(filters: CommandFilters, most: int, *, seconds: float = FIND_SECONDS) -> list[UUID]:
    """Return the ids of the snapshots that fit, in order, at most ``most`` and the filters' limit.

    Args:
        seconds: how long it may take.

    Raises:
        BadInput: a filter's value is bad, or it took too long.
    """
    most = min(most, filters.limit or most)
    with giving_up_after(seconds):
        return list(find_matching(filters, most).values_list("pk", flat=True)[:most])


def find_matching(filters: CommandFilters, most: int | None = None) -> QuerySet[Snapshot]:
    """Return the snapshots that fit, in order, whatever the limit.

    Args:
        most: only the first so many will be looked at; None if all may be.

    Raises:
        BadInput: a filter's value is bad.
    """
    asked, rest = _parted(filters)
    if not asked.text:  # what the index cannot read must not mean everything
        return matching(filters)
    rows = matching(rest)
    if most is None or filters.sort:
        return rows.filter(search_index().condition(asked))
    return rows.filter(_newest(asked, rows, most))


def _newest(asked: Asked, rows: QuerySet[Snapshot], most: int) -> Q:
    """Return what the first ``most`` of the rows that hold what is asked fulfil.

    The newest hits are looked at first, which are enough for common words.

    Args:
        rows: newest first.
    """
    size = max(FIRST_LOOK, most)
    while size < LAST_LOOK:
        timestamps = search_index().newest(asked, size)
        newest = Q(timestamp__in=timestamps)
        if len(timestamps) < size or rows.filter(newest).count() >= most:
            return newest
        size *= 4
    return search_index().condition(asked)


def _parted(filters: CommandFilters) -> tuple[Asked, CommandFilters]:
    """Return what is searched for, and the other filters. Of several patterns each row is asked."""
    patterns = filters.patterns()
    if not filters.search and filters.filter_type == FilterType.SEARCH and len(patterns) == 1:
        return Asked.of(patterns[0]), replace(filters, filter_patterns=())
    return Asked.of(filters.search or ""), replace(filters, search=None)
