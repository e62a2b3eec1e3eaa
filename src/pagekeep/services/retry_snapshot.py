"""Capture a snapshot again where outputs are missing."""

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

    A paused, sealed or failed snapshot may be retried, and a succeeded one that lacks outputs.

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
        if snapshot.downloaded_at and (snapshot.response_status or 0) >= 400:
            raise Conflict(
                f"What {snapshot.url} answered, an error page ({snapshot.response_status}), is kept;"
                " add the URL again to archive it anew."
            )
        if not missing_plugins(snapshot):
            raise Conflict(f"Every output of {snapshot.url} is kept already; add the URL again to archive it anew.")
        snapshot.status, snapshot.reason = SnapshotStatus.QUEUED, ""
        snapshot.retry_at, snapshot.attempts = due or timezone.now(), 0
        snapshot.save(update_fields=["status", "reason", "retry_at", "attempts", "modified_at"])
        unfinished = ArchiveResult.objects.filter(snapshot=snapshot, plugin__in=missing_plugins(snapshot), hook_name="")
        unfinished.update(status=ResultStatus.QUEUED, output_str="", modified_at=timezone.now())
        open_crawl(snapshot.crawl_id, CrawlStatus.QUEUED)
    return snapshot


def missing_plugins(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the plugins of its crawl that are still to be made, in the order they are made.

    That is all of them as long as nothing is kept, and later those that failed or were not reached. Where any is
    missing so is ``hashes``, which lists the files of all; and without its WARC a WACZ is worth nothing.
    """
    crawl = snapshot.crawl
    wanted = crawl_settings(settings(), crawl.plugins, crawl.config).plugins
    states = dict(snapshot.results.filter(hook_name="").values_list("plugin", "status"))
    if ResultStatus.SUCCEEDED not in states.values():
        return wanted
    missing = {name for name in wanted if states.get(name) not in DONE}
    if missing:
        missing.add("hashes")
    if "warc" in missing:
        missing.add("wacz")
    return tuple(name for name in wanted if name in missing)
