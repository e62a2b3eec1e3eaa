"""Capture a snapshot again where outputs are missing."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.config.load import settings
from pagekeep.domain.errors import Conflict, NotFound
from pagekeep.domain.status import CrawlStatus, ResultStatus, SnapshotStatus
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.seal_crawl import open_crawl

DONE = (ResultStatus.SUCCEEDED, ResultStatus.NORESULTS, ResultStatus.SKIPPED)


def retry_snapshot(snapshot_id: UUID, *, due: datetime | None = None) -> Snapshot:
    """Queue a snapshot again; outputs that are kept stay, those that failed or were not reached are made.

    A visit that failed is made anew as a whole: half of it and half of another would be no visit at all. A paused,
    sealed or failed snapshot may be retried, and a succeeded one that lacks outputs.

    Args:
        due: when a worker may take it; None for at once.

    Raises:
        NotFound: there is no such snapshot.
        Conflict: a worker has it, or what the page answered is kept already: bytes once kept are never replaced.
    """
    with transaction.atomic():
        snapshot = Snapshot.objects.select_related("crawl").defer("crawl__urls").filter(pk=snapshot_id).first()
        if snapshot is None:
            raise NotFound(f"There is no snapshot {snapshot_id} in this archive.")
        if snapshot.status == SnapshotStatus.STARTED:
            raise Conflict(f"{snapshot.url} is being captured right now; wait until it has ended.")
        if is_error_page(snapshot):
            raise Conflict(
                f"What {snapshot.url} answered, an error page ({snapshot.response_status}), is kept;"
                " add the URL again to archive it anew."
            )
        missing = missing_plugins(snapshot)
        if not missing:
            raise Conflict(f"Every output of {snapshot.url} is kept already; add the URL again to archive it anew.")
        if snapshot.status == SnapshotStatus.FAILED:
            snapshot.downloaded_at, snapshot.response_status, snapshot.final_url = None, None, ""
        snapshot.status, snapshot.reason, snapshot.paused_by_crawl = SnapshotStatus.QUEUED, "", False
        snapshot.retry_at, snapshot.attempts = due or timezone.now(), 0
        snapshot.save()
        unfinished = ArchiveResult.objects.filter(snapshot=snapshot, plugin__in=missing, hook_name="")
        unfinished.update(status=ResultStatus.QUEUED, output_str="", modified_at=timezone.now())
        open_crawl(snapshot.crawl_id, CrawlStatus.QUEUED)
    return snapshot


def missing_plugins(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the plugins of its crawl that are still to be made, in the order they are made.

    That is all of them as long as no visit succeeded, and later those that failed or were not reached. Where any is
    missing so is ``hashes``, which lists the files of all; and without its WARC a WACZ is worth nothing. What a client
    uploaded is no capture's to make.
    """
    return missing_of(snapshot, list(snapshot.results.filter(hook_name="").values_list("plugin", "status", "uploads")))


def missing_of(snapshot: Snapshot, results: Collection[tuple[str, str, object]]) -> tuple[str, ...]:
    """Return the same where plugin, status and uploads of each of its results are known already."""
    crawl = snapshot.crawl
    uploaded = {plugin for plugin, _, uploads in results if uploads is not None}
    states = {plugin: status for plugin, status, _ in results if plugin not in uploaded}
    follows = snapshot.depth < crawl.max_depth
    chosen = crawl_settings(settings(), crawl.plugins, crawl.config, follows=follows).plugins
    wanted = tuple(name for name in chosen if name not in uploaded)
    failed = snapshot.status == SnapshotStatus.FAILED and not is_error_page(snapshot)
    if failed or ResultStatus.SUCCEEDED not in states.values():
        return wanted
    missing = {name for name in wanted if states.get(name) not in DONE}
    if missing:
        missing.add("hashes")
    if "warc" in missing:
        missing.add("wacz")
    return tuple(name for name in wanted if name in missing)


def is_error_page(snapshot: Snapshot) -> bool:
    """Whether the server answered with an error page, and that page is kept."""
    return snapshot.downloaded_at is not None and (snapshot.response_status or 0) >= 400
