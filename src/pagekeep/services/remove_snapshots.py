"""Take snapshots out of the archive."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Snapshot
from pagekeep.archive.totals import count_snapshots
from pagekeep.services.seal_crawl import seal_crawl
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.wiring import snapshot_files

BATCH = 500


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal came to. ``remaining``: snapshots still listed. ``crawl_ids``: whose snapshots they were."""

    snapshot_ids: tuple[UUID, ...]
    crawl_ids: tuple[UUID, ...]
    remaining: int


def remove_snapshots(snapshot_ids: Iterable[UUID], *, delete: bool = True) -> Removed:
    """Remove snapshots with their results and files. One that is being captured is given up by its worker.

    Ids that do not exist (any more) are passed over.

    Args:
        delete: False keeps records and files and only takes the snapshots off every list; open work on them is sealed.
    """
    wanted = list(dict.fromkeys(snapshot_ids))
    removed: list[UUID] = []
    crawls: set[UUID] = set()
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            rows = dict(Snapshot.objects.filter(pk__in=wanted[start : start + BATCH]).values_list("pk", "crawl_id"))
            if delete:
                Snapshot.objects.filter(pk__in=rows).delete()
            else:
                seal_snapshots(rows, reason="Removed from the list before it was captured.")
                Snapshot.objects.filter(pk__in=rows).update(hidden=True, modified_at=timezone.now())
            for crawl_id in set(rows.values()):
                seal_crawl(crawl_id)
        # The rows go first: files without a row are found and removed later, a row without files would be a lie.
        for snapshot_id in rows if delete else ():
            snapshot_files(snapshot_id).remove()
        removed += [snapshot_id for snapshot_id in wanted[start : start + BATCH] if snapshot_id in rows]
        crawls.update(rows.values())
    return Removed(tuple(removed), tuple(sorted(crawls)), count_snapshots())
