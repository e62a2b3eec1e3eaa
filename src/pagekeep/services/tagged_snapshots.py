"""Change all snapshots of a tag in short transactions: one may be on a million of them."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pagekeep.archive.models import Snapshot, SnapshotTag

BATCH = 5000


def touch_tagged(tag_id: int) -> None:
    """Say of all snapshots of a tag that they have been modified now."""
    last: int | None = 0
    while last is not None:
        with transaction.atomic():
            first, last = last, _end_of_batch(tag_id, last)
            _touch(_links(tag_id, first, last))


def untag_some(tag_id: int) -> bool:
    """Take a tag off some thousands of snapshots; return whether those were the last. Call it in a transaction."""
    last = _end_of_batch(tag_id, 0)
    links = _links(tag_id, 0, last)
    _touch(links)
    links.delete()
    return last is None


def _end_of_batch(tag_id: int, first: int) -> int | None:
    """Return the last link of a batch that begins behind ``first``; None where no further batch is needed."""
    ids = SnapshotTag.objects.filter(tag_id=tag_id, pk__gt=first).order_by("pk").values_list("pk", flat=True)
    return next(iter(ids[BATCH - 1 : BATCH]), None)


def _links(tag_id: int, first: int, last: int | None) -> QuerySet[SnapshotTag]:
    links = SnapshotTag.objects.filter(tag_id=tag_id, pk__gt=first)
    return links if last is None else links.filter(pk__lte=last)


def _touch(links: QuerySet[SnapshotTag]) -> None:
    Snapshot.objects.filter(pk__in=links.values("snapshot_id")).update(modified_at=timezone.now())
