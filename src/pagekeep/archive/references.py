"""How a person or client names an object: full id, id without dashes, unambiguous prefix, or a snapshot's timestamp."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from pagekeep.domain.errors import AmbiguousReference, NotFound
from pagekeep.domain.urls import shorten

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
M = TypeVar("M", bound=Model)
_HEX = re.compile(r"[0-9a-f]{1,32}")
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")


def timestamp_of(moment: datetime) -> str:
    """Return a moment as epoch seconds with six decimals, exact to the microsecond."""
    return f"{Decimal((moment - EPOCH) // timedelta(microseconds=1)) / 1_000_000:.6f}"


def id_range(reference: str) -> Q | None:
    """Return the condition for ids that begin with ``reference`` (dashes optional), None if it cannot be one."""
    digits = reference.strip().lower().replace("-", "")
    if not _HEX.fullmatch(digits):
        return None
    return Q(pk__gte=UUID(digits.ljust(32, "0")), pk__lte=UUID(digits.ljust(32, "f")))


def timestamp_match(reference: str) -> Q | None:
    """Return the condition for a timestamp: epoch seconds (decimals optional) or ISO 8601 (UTC if no zone)."""
    text = reference.strip()
    if _NUMBER.fullmatch(text):
        if "." in text:
            return Q(timestamp=f"{Decimal(text):.6f}")
        return Q(timestamp__gte=f"{text}.", timestamp__lt=f"{text}/")  # all of that second
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Q(timestamp=timestamp_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))


def find_one(queryset: QuerySet[M], conditions: list[Q | None], word: str, reference: str) -> M:
    """Return the one row that fits any of the conditions, in one statement.

    Args:
        word: what is looked for, e.g. ``snapshot``: for the sentence of the error.

    Raises:
        NotFound: none fits.
        AmbiguousReference: several fit; the sentence says how many.
    """
    usable = [condition for condition in conditions if condition is not None]
    found: list[M] = []
    if usable:
        candidates = queryset.filter(reduce(or_, usable)).order_by()
        found = list(candidates[:2])
    if not found:
        raise NotFound(f"There is no {word} {shorten(reference)!r} in this archive.")
    if len(found) > 1:
        raise AmbiguousReference(
            f"{shorten(reference)!r} fits {candidates.count()} {word}s; give more characters of the id."
        )
    return found[0]
