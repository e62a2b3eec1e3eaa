"""Write down what one output came to, the moment it is made."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queue import LeaseLost, held, held_by
from pagekeep.domain.plugins import PLUGINS
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.services.read_texts import TEXTS, read_text

_ORDER = tuple(PLUGINS)


def record_result(owner: UUID, snapshot_id: UUID, result: Result) -> None:
    """Save one output of a snapshot that ``owner`` holds, and the snapshot's sums. Search finds a text from now on.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more; nothing is written.
    """
    with transaction.atomic():
        require_lease(owner, snapshot_id)
        put_results(snapshot_id, {result.plugin: _columns(result)})
        update_sums(snapshot_id)
    if result.plugin in TEXTS and result.files:
        read_text(snapshot_id, result.plugin)


def record_step(owner: UUID, snapshot_id: UUID, step: str) -> None:
    """Note which step of a visit, or the output of which plugin, begins.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    now = timezone.now()
    with transaction.atomic():
        if not held(owner, snapshot_id).update(current_step=step):
            raise _lease_lost(snapshot_id)
        if step not in PLUGINS:
            return
        begun = ArchiveResult.objects.filter(
            snapshot_id=snapshot_id, plugin=step, hook_name="", status=ResultStatus.QUEUED
        )
        begun.update(status=ResultStatus.STARTED, start_ts=now, modified_at=now)


def put_results(snapshot_id: UUID, columns: Mapping[str, Mapping[str, object]]) -> None:
    """Write rows of a snapshot's results, by plugin, those that exist already anew: in one statement."""
    now = timezone.now()
    rows = [
        ArchiveResult(snapshot_id=snapshot_id, plugin=plugin, created_at=now, position=position_of(plugin), **values)
        for plugin, values in columns.items()
    ]
    written = {name for values in columns.values() for name in values}
    ArchiveResult.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("snapshot", "plugin", "hook_name"),
        update_fields=(*written, "modified_at"),
    )


def require_lease(owner: UUID, snapshot_id: UUID) -> None:
    """Raise LeaseLost unless the worker holds the snapshot. Call it in the transaction that writes."""
    if not held_by(owner, snapshot_id):
        raise _lease_lost(snapshot_id)


def update_sums(snapshot_id: UUID) -> None:
    """Count a snapshot's results and their bytes anew. Call it in the transaction that changed them."""
    sums = ArchiveResult.objects.filter(snapshot_id=snapshot_id).aggregate(number=Count("pk"), size=Sum("output_size"))
    changes = {"num_results": sums["number"], "output_size": sums["size"] or 0, "modified_at": timezone.now()}
    Snapshot.objects.filter(pk=snapshot_id).update(**changes)


def position_of(plugin: str) -> int:
    """Return the place of a plugin's result within its snapshot; what Pagekeep does not make comes last."""
    return _ORDER.index(plugin) if plugin in _ORDER else len(_ORDER)


def _lease_lost(snapshot_id: UUID) -> LeaseLost:
    return LeaseLost(f"Snapshot {snapshot_id} was removed, sealed or taken over by another worker.")


def _columns(result: Result) -> dict[str, object]:
    return {
        "status": result.status,
        "output_str": result.summary,
        "output_json": dict(result.details) or None,
        "output_files": {
            file.path: {
                "size": file.size,
                "mimetype": file.mimetype,
                "extension": PurePosixPath(file.path).suffix.removeprefix("."),
                "sha256": file.sha256,
            }
            for file in result.files
        },
        "output_size": sum(file.size for file in result.files),
        "output_mimetypes": ",".join(dict.fromkeys(file.mimetype.partition(";")[0] for file in result.files)),
        "start_ts": result.started_at,
        "end_ts": result.ended_at,
        "retry_at": None,
    }
