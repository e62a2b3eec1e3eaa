"""Finding captures by their URL: by index, however many there are."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_queries import list_rows
from pagekeep.archive.references import find_one, timestamp_match

_LAST = chr(0x10FFFF)


def newest_capture(urls: Sequence[str]) -> Snapshot | None:
    """Return the newest snapshot of exactly one of the URLs, None if there is none: 1 statement."""
    return Snapshot.objects.filter(url__in=urls, hidden=False).order_by("-bookmarked_at", "-id").first()


def captures_beginning(beginnings: Sequence[str], limit: int) -> list[Snapshot]:
    """Return snapshots whose URL begins with one of these, by URL and then newest first, as `list_rows` has them.

    1 statement for each beginning, and 3.
    """
    found: dict[UUID, tuple[str, float]] = {}
    for beginning in beginnings:
        rows = urls_from(beginning).values_list("pk", "url", "bookmarked_at")[:limit]
        found |= {pk: (url, -moment.timestamp()) for pk, url, moment in rows}
    rows_of = {snapshot.pk: snapshot for snapshot in list_rows().filter(pk__in=list(found))}
    return [rows_of[pk] for pk in sorted(found, key=lambda pk: found[pk]) if pk in rows_of][:limit]


def urls_from(beginning: str) -> QuerySet[Snapshot]:
    """Return the snapshots whose URL begins so, in the order of the index of URLs."""
    begun = Snapshot.objects.filter(url__gte=beginning, url__lt=beginning + _LAST, hidden=False)
    return begun.order_by("url", "-bookmarked_at")


def find_by_timestamp(timestamp: str) -> Snapshot:
    """Return the snapshot of a timestamp: 1 statement.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(Snapshot.objects.all(), [timestamp_match(timestamp)], "snapshot", timestamp)
