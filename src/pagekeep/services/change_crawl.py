"""Change what is recorded of a crawl, or what is to happen with it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot, SnapshotTag, Tag
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.domain.status import CrawlOutcome, CrawlStatus, SnapshotStatus
from pagekeep.services.pause_crawl import pause_crawl, resume_crawl
from pagekeep.services.seal_snapshots import CANCELLED, seal_crawl_snapshots
from pagekeep.services.tagging import clean_names, ensure_tags, split_tags

ACTIONS = ("pause", "resume")
SETTABLE = (CrawlStatus.QUEUED, CrawlStatus.PAUSED, CrawlStatus.SEALED)
BATCH = 2000


def change_crawl(
    crawl_id: UUID,
    *,
    user: User | None,
    action: str | None = None,
    status: str | None = None,
    retry_at: datetime | None = None,
    tags: Iterable[str] | None = None,
    label: str | None = None,
    notes: str | None = None,
) -> None:
    """Change a crawl, all or nothing. None changes nothing.

    Args:
        action: ``pause`` or ``resume``, see `pause_crawl`.
        status: ``sealed`` cancels it (see `cancel_crawl`), ``paused`` pauses, ``queued`` resumes.
        retry_at: when a worker may take what is queued in it.
        tags: replace those that the crawl has put on its snapshots so far; what was put there by hand stays.

    Raises:
        BadInput: action, status or a tag is bad.
        NotFound: there is no such crawl.
        Conflict: its present state does not allow it.
    """
    if action and action not in ACTIONS:
        raise BadInput(f"action={action!r} is not known; allowed are {', '.join(ACTIONS)}.")
    if status and status not in SETTABLE:
        raise BadInput(f"status={status!r} cannot be set; allowed are {', '.join(SETTABLE)}.")
    names = None if tags is None else clean_names(tags)
    with transaction.atomic():
        crawl = Crawl.objects.select_for_update().defer("urls").filter(pk=crawl_id).first()
        if crawl is None:
            raise NotFound(f"There is no crawl {crawl_id} in this archive.")
        told = {name: text for name, text in (("label", label), ("notes", notes)) if text is not None}
        if told:
            Crawl.objects.filter(pk=crawl_id).update(**told, modified_at=timezone.now())
        if names is not None:
            _retag(crawl, names, user)
        if status == CrawlStatus.SEALED:
            cancel_crawl(crawl_id)
        elif status == CrawlStatus.PAUSED or action == "pause":
            pause_crawl(crawl_id)
        elif status == CrawlStatus.QUEUED or action == "resume":
            resume_crawl(crawl_id, due=retry_at)
        if retry_at is not None and status != CrawlStatus.SEALED:
            _postpone(crawl, retry_at)


def cancel_crawl(crawl_id: UUID, *, reason: str = CANCELLED) -> int:
    """Seal what waits or runs in a crawl, and the crawl; return how many snapshots. An ended one stays as it is."""
    with transaction.atomic():
        open_one = Crawl.objects.filter(pk=crawl_id).exclude(status=CrawlStatus.SEALED)
        if not open_one.update(outcome=CrawlOutcome.CANCELLED):
            return 0
        return seal_crawl_snapshots(crawl_id, reason=reason)


def _postpone(crawl: Crawl, due: datetime) -> None:
    if crawl.status == CrawlStatus.SEALED:
        raise Conflict(f"The crawl {crawl.pk} has ended; retry_at holds for crawls that are open.")
    now = timezone.now()
    queued = Snapshot.objects.filter(crawl_id=crawl.pk, status=SnapshotStatus.QUEUED)
    queued.update(retry_at=due, modified_at=now)
    Crawl.objects.filter(pk=crawl.pk).update(retry_at=due, modified_at=now)


def _retag(crawl: Crawl, names: list[str], user: User | None) -> None:
    now = timezone.now()
    former = {name.casefold() for name in split_tags(crawl.tags_str)}
    kept = former & {name.casefold() for name in names}
    snapshots = Snapshot.objects.filter(crawl_id=crawl.pk)
    gone = Tag.objects.filter(key__in=former - kept)
    links = SnapshotTag.objects.filter(tag__in=gone, snapshot__in=snapshots.order_by().values("pk"))
    links.filter(by_hand=False).delete()
    for tag in ensure_tags([name for name in names if name.casefold() not in kept], user):
        _put(tag, snapshots)
    snapshots.update(modified_at=now)
    Crawl.objects.filter(pk=crawl.pk).update(tags_str=",".join(names), modified_at=now)


def _put(tag: Tag, snapshots: QuerySet[Snapshot]) -> None:
    """Put a tag on all snapshots, in batches: they may be many."""
    ids = list(snapshots.order_by().values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        rows = [SnapshotTag(snapshot_id=snapshot_id, tag_id=tag.pk) for snapshot_id in ids[start : start + BATCH]]
        SnapshotTag.objects.bulk_create(rows, ignore_conflicts=True)
