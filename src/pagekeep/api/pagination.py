"""Pages of a list."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from pagekeep.api.schemas.common import PagingQuery

MAX_LIMIT = 500
# The largest number every JSON reader takes as it is (RFC 8259 section 6).
MAX_NUMBER = 2**53 - 1
M = TypeVar("M", bound=Model)


def page_of(
    rows: QuerySet[M],
    paging: PagingQuery,
    objects: Callable[[QuerySet[M]], list[dict[str, Any]]],
    total: int | None = None,
) -> dict[str, Any]:
    """Return the envelope with the rows asked for: one statement for the total, and those of ``objects``.

    Args:
        rows: in a total order.
        paging: a non-zero offset wins over the page, which counts from 0; a limit above 500 counts as 500.
        objects: reads the rows of one page and makes their JSON objects.
        total: how many there are, where that is known already; None counts them.
    """
    limit, offset = _window(paging)
    total = rows.count() if total is None else total
    items = objects(rows[offset : offset + limit]) if offset < total else []
    return {
        "total_items": total,
        "total_pages": -(-total // limit),
        "page": offset // limit,
        "limit": limit,
        "offset": offset,
        "num_items": len(items),
        "count": total,
        "items": items,
    }


def last_of(paging: PagingQuery) -> int:
    """Return how many rows there are up to the end of a page."""
    return sum(_window(paging))


def _window(paging: PagingQuery) -> tuple[int, int]:
    limit = min(paging.limit, MAX_LIMIT)
    return limit, min(paging.offset or paging.page * limit, MAX_NUMBER)
