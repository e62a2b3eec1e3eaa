"""Bring a snapshot's manifest on disk up to what is recorded of it."""

from contextlib import suppress
from uuid import UUID

from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_facts import is_uploaded_to, tag_names
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem, NotFound
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import without_credentials
from pagekeep.services.keep_log import kept_log
from pagekeep.services.recorded import as_result, results_of
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles


def renew_manifest(snapshot_id: UUID) -> None:
    """Write the manifest after an upload. While a snapshot is captured its worker does it, at the end.

    A snapshot that was removed meanwhile has none; what an upload has written of it since then goes.
    """
    files = snapshot_files(snapshot_id, lambda: None)  # with a fence: it takes the lock
    status = Snapshot.objects.filter(pk=snapshot_id).values_list("status", flat=True).first()
    if status == SnapshotStatus.STARTED:
        return
    with suppress(NotFound):
        if status is not None:
            files.renew_manifest(lambda: _describe(files, snapshot_id))
    if not Snapshot.objects.filter(pk=snapshot_id).exists():
        files.remove()


def renew_after_uploads(snapshot_id: UUID) -> None:
    """Write the manifest of a snapshot just captured anew, if clients have uploaded to it meanwhile."""
    if is_uploaded_to(snapshot_id):
        renew_manifest(snapshot_id)


def _describe(files: SnapshotFiles, snapshot_id: UUID) -> Manifest:
    snapshot = Snapshot.objects.filter(pk=snapshot_id).first()
    if snapshot is None:
        raise NotFound(f"There is no snapshot {snapshot_id} in this archive any more.")
    rows = results_of(snapshot_id)
    ended_at = snapshot.downloaded_at
    with suppress(NotFound, EnvironmentProblem):  # the first one, or a damaged one, which this one replaces
        ended_at = files.read_manifest().ended_at
    return Manifest(
        snapshot_id=snapshot_id,
        url=snapshot.url if settings().keep_secrets else without_credentials(snapshot.url),
        status=SnapshotStatus(snapshot.status),
        reason=snapshot.reason,
        created_at=snapshot.created_at,
        started_at=min((row.start_ts for row in rows if row.start_ts), default=None),
        ended_at=ended_at,
        final_url=snapshot.final_url or None,
        title=snapshot.title or None,
        response_status=snapshot.response_status,
        tags=tag_names(snapshot_id),
        results=(*(as_result(row) for row in rows), *kept_log(files)),
    )
