"""Take out of the archive what fits some filters."""

import time
from uuid import UUID

from pagekeep.archive.command_filters import CommandFilters
from pagekeep.domain.errors import BadInput
from pagekeep.services.find_matching import find_ids
from pagekeep.services.remove_snapshots import Removed, remove_snapshots

ROUND = 100
"""Snapshots removed between two looks at the clock; with many large files that is some seconds."""


def remove_matching(filters: CommandFilters, *, delete: bool = True, seconds: float = 60.0) -> tuple[Removed, bool]:
    """Remove every snapshot that fits, with its results and files, in the order of the filters.

    Args:
        filters: at least one must narrow.
        delete: False only takes them off every list; see `remove_snapshots`.
        seconds: stop after about this time; what is removed by then stays removed.

    Returns:
        What was removed, and whether the time was enough for all.

    Raises:
        BadInput: no filter narrows, or one is bad. Nothing was removed then.
    """
    if not all(pattern.strip() for pattern in filters.filter_patterns):
        raise BadInput("filter_patterns holds an empty text; remove must be told what to remove.")
    if not filters.narrow():
        raise BadInput(
            "No filter says what to remove, and that would be everything; give filter_patterns, tag, status, after or"
            " before. What url__istartswith=http fits is everything."
        )
    end = time.monotonic() + seconds
    ids: list[UUID] = []
    crawls: set[UUID] = set()
    left = filters.limit
    while True:
        most = ROUND if left is None else min(ROUND, left - len(ids))
        found = find_ids(filters, most) if most else []
        removed = remove_snapshots(found, delete=delete)
        ids += removed.snapshot_ids
        crawls.update(removed.crawl_ids)
        whole = len(found) < ROUND
        if whole or time.monotonic() > end:
            return Removed(tuple(ids), tuple(sorted(crawls)), removed.remaining), whole
