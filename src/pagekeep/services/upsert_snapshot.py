"""Record one URL of a crawl, or change what is recorded of it."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.crawl.scope import MAX_DEPTH
from pagekeep.domain.errors import BadInput, Conflict, NotAllowed
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.domain.urls import parse_url
from pagekeep.services.add_urls import add_urls, new_snapshots
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.seal_crawl import open_crawl
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.tagging import clean_names, ensure_tags, replace_tags

SETTABLE = (SnapshotStatus.QUEUED, SnapshotStatus.PAUSED, SnapshotStatus.SEALED)


def upsert_snapshot(
    url: str,
    *,
    user: User | None,
    crawl: Crawl | None = None,
    depth: int = 0,
    title: str | None = None,
    tags: Iterable[str] | None = None,
    status: str | None = None,
    may_change: bool = True,
) -> tuple[Snapshot, bool]:
    """Make the snapshot of ``url`` in ``crawl``, or change the one that is there. None changes nothing.

    Args:
        crawl: None for a crawl of its own.
        title: counts as edited by a person: no capture replaces it.
        tags: all it shall have.
        status: ``queued``, ``paused`` or ``sealed``; a new snapshot is queued.
        may_change: whether one that is there may be changed, too.

    Returns:
        The snapshot and whether it is new.

    Raises:
        BadInput: URL, depth, status or a tag is bad.
        NotAllowed: it is there, and may not be changed.
        Conflict: its present state does not allow the status.
    """
    url = parse_url(url)
    if not 0 <= depth <= MAX_DEPTH:
        raise BadInput(f"depth={depth} is not possible; it goes from 0 to {MAX_DEPTH}.")
    status = status or None  # as text, empty is no choice
    if status is not None and status not in SETTABLE:
        raise BadInput(f"status={status!r} cannot be set; allowed are {', '.join(SETTABLE)}.")
    names = None if tags is None else clean_names(tags)
    with transaction.atomic():
        existing = Snapshot.objects.filter(crawl=crawl, url=url).order_by("-id").first() if crawl else None
        if existing:
            if not may_change and (title, names, status) != (None, None, None):
                raise NotAllowed("The crawl has a snapshot of this URL, and this token may not change it.")
            snapshot = existing
            if status is not None and status != existing.status:
                _change_status(existing, SnapshotStatus(status))
        elif crawl is None:
            added = add_urls([url], user=user, depth=depth, only_new=False, index_only=status == SnapshotStatus.PAUSED)
            snapshot = added.snapshots[0]
        else:
            with_crawl = crawl.is_paused and status is None
            first = SnapshotStatus.PAUSED if with_crawl or status == SnapshotStatus.PAUSED else SnapshotStatus.QUEUED
            (snapshot,) = new_snapshots(crawl, [url], first, depth=depth, paused_by_crawl=with_crawl)
            if crawl.status == CrawlStatus.SEALED:
                open_crawl(crawl.pk, CrawlStatus.QUEUED)
        if existing is None and status == SnapshotStatus.SEALED:
            seal_snapshots([snapshot.pk])
        if title is not None:
            changes = {"title": title, "title_edited": bool(title), "modified_at": timezone.now()}
            Snapshot.objects.filter(pk=snapshot.pk).update(**changes)
        if names is not None:
            replace_tags(snapshot.pk, ensure_tags(names, user))
    snapshot.refresh_from_db()
    return snapshot, existing is None


def _change_status(snapshot: Snapshot, status: SnapshotStatus) -> None:
    if status == SnapshotStatus.QUEUED:
        retry_snapshot(snapshot.pk)
    elif status == SnapshotStatus.SEALED:
        seal_snapshots([snapshot.pk])
    else:
        waiting = Snapshot.objects.filter(pk=snapshot.pk, status=SnapshotStatus.QUEUED)
        if not waiting.update(status=SnapshotStatus.PAUSED, retry_at=None, modified_at=timezone.now()):
            raise Conflict(f"{snapshot.url} is {snapshot.status}; only a queued snapshot can be paused.")
