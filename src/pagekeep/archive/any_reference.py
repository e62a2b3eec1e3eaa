"""Find an object of whatever kind by what names it."""

import re
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, Tag
from pagekeep.archive.references import id_range, timestamp_match
from pagekeep.domain.errors import AmbiguousReference, NotFound
from pagekeep.domain.urls import shorten

AnyObject = Snapshot | ArchiveResult | Crawl | Tag
SECONDS_DIGITS = 9  # of the epoch seconds, since 1973
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


def find_any(reference: str) -> AnyObject:
    """Return the snapshot (also by timestamp), archive result, crawl or tag (by its number) of an id or its beginning.

    Only its primary key is read: 4 statements, 4 more where several fit.

    Raises:
        NotFound: nothing fits.
        AmbiguousReference: several objects fit, of one kind or more; the sentence says how many of each.
    """
    kinds = _candidates(reference)
    found: list[AnyObject] = [item for _, rows in kinds for item in rows.only("pk")[:2]]
    if not found:
        raise NotFound(f"There is nothing named {shorten(reference)!r} in this archive.")
    if len(found) > 1:
        counts = [(word, number) for word, rows in kinds if (number := rows.count())]
        each = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts)
        total = sum(number for _, number in counts)
        raise AmbiguousReference(
            f"{shorten(reference)!r} fits {total} objects ({each}); give more characters of the id."
        )
    return found[0]


def _candidates(reference: str) -> list[tuple[str, QuerySet[AnyObject]]]:
    text = reference.strip()
    number = Q(pk=int(text)) if _NUMBER.fullmatch(text) else None
    by_id = id_range(text)
    # A short number is a tag's, not the first digits of every timestamp.
    by_time = timestamp_match(text) if number is None or len(text) >= SECONDS_DIGITS else None
    kinds: list[tuple[str, QuerySet[AnyObject], list[Q | None]]] = [
        ("snapshot", Snapshot.objects.order_by(), [by_id, by_time]),
        ("archive result", ArchiveResult.objects.order_by(), [by_id]),
        ("crawl", Crawl.objects.order_by(), [by_id]),
        ("tag", Tag.objects.order_by(), [number]),
    ]
    usable = [(word, rows, [condition for condition in any_of if condition]) for word, rows, any_of in kinds]
    return [(word, rows.filter(reduce(or_, any_of))) for word, rows, any_of in usable if any_of]
