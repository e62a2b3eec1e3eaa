# ruff: noqa: S608 (nothing that is put into a statement here comes from outside)
"""Write down what one output came to, the moment it is made."""

from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.page_facts import is_held
from pagekeep.archive.queue import LeaseLost, held
from pagekeep.archive.statements import column_value, do
from pagekeep.domain.ids import new_id
from pagekeep.domain.plugins import PLUGINS
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.services.read_texts import TEXTS, read_text

_ORDER = tuple(PLUGINS)
_SNAPSHOTS, _RESULTS = (model._meta.db_table for model in (Snapshot, ArchiveResult))
_FIELDS: dict[str, Any] = {field.attname: field for field in ArchiveResult._meta.concrete_fields}
"""Of a result, by the names of its attributes, which are those of their columns."""


def record_result(owner: UUID, snapshot_id: UUID, result: Result) -> None:
    """Save one output of a snapshot that ``owner`` holds, and the snapshot's sums. Search finds a text from now on.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more; nothing is written.
    """
    with transaction.atomic():
        _put_result(snapshot_id, result)
        if not update_sums(snapshot_id, owner):
            raise lease_lost(snapshot_id)
    if result.plugin in TEXTS and result.files:
        read_text(snapshot_id, result.plugin)


def record_error_answer(owner: UUID, snapshot_id: UUID, status: int) -> None:
    """Note that a first visit is answered with an error before any output is recorded: if the worker dies over it,
    `begin_attempt` knows that what is kept is no half of a page.

    Args:
        status: HTTP status, 400 or more.
    """
    held(owner, snapshot_id).filter(downloaded_at=None).update(response_status=status)


def record_step(owner: UUID, snapshot_id: UUID, step: str) -> None:
    """Note which step of a visit, or the output of which plugin, begins.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    now = timezone.now()
    with transaction.atomic():
        if not held(owner, snapshot_id).update(current_step=step):
            raise lease_lost(snapshot_id)
        if step not in PLUGINS:
            return
        begun = ArchiveResult.objects.filter(
            snapshot_id=snapshot_id, plugin=step, hook_name="", status=ResultStatus.QUEUED
        )
        begun.update(status=ResultStatus.STARTED, start_ts=now, modified_at=now)


def put_results(snapshot_id: UUID, columns: Mapping[str, Mapping[str, object]]) -> None:
    """Write rows of a snapshot's results, by plugin, those that exist already anew."""
    now = timezone.now()
    fresh = _unmade() | _prepared({"snapshot_id": snapshot_id, "created_at": now, "modified_at": now})
    distinct = {id(values): values for values in columns.values()}  # which many may share
    prepared = {key: fresh | _prepared(values) for key, values in distinct.items()}
    rows = []
    for plugin, values in columns.items():
        own = {"id": column_value("id", new_id(), ArchiveResult), "plugin": plugin, "position": position_of(plugin)}
        rows.append(list((prepared[id(values)] | own).values()))
    written = sorted({"modified_at", *(name for values in columns.values() for name in values)})
    statement = f"""
        INSERT INTO {_RESULTS} ({", ".join(_FIELDS)}) VALUES ({", ".join("%s" for _ in _FIELDS)})
        ON CONFLICT (snapshot_id, plugin, hook_name)
        DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in written)}"""
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


@cache
def _unmade() -> dict[str, Any]:
    """Return the columns of a row that says nothing yet."""
    return _prepared({name: getattr(ArchiveResult(), name) for name in _FIELDS})


def _prepared(values: Mapping[str, object]) -> dict[str, Any]:
    """Return values as the database has them in columns of those names."""
    return {name: _FIELDS[name].get_db_prep_save(value, connection) for name, value in values.items()}


def _put_result(snapshot_id: UUID, result: Result) -> None:
    """Write the row of a result, which is there since the attempt has begun: changing it costs less than an upsert."""
    columns = _columns(result)
    row = ArchiveResult.objects.filter(snapshot_id=snapshot_id, plugin=result.plugin, hook_name="")
    if not row.update(**columns, modified_at=timezone.now()):
        put_results(snapshot_id, {result.plugin: columns})


def require_lease(owner: UUID, snapshot_id: UUID) -> None:
    """Raise LeaseLost unless the worker holds the snapshot. Call it in the transaction that writes."""
    if not is_held(owner, snapshot_id):
        raise lease_lost(snapshot_id)


def update_sums(snapshot_id: UUID, owner: UUID | None = None) -> bool:
    """Count a snapshot's results and their bytes anew: 1 statement. Call it in the transaction that changed them.

    Args:
        owner: the worker that must hold it; None if none must.

    Returns:
        False if the snapshot is gone, or the worker does not hold it any more: nothing was written.
    """
    of_it = f"FROM {_RESULTS} WHERE {_RESULTS}.snapshot_id = {_SNAPSHOTS}.id"
    statement = f"""
        UPDATE {_SNAPSHOTS} SET
            num_results = (SELECT count(*) {of_it}),
            output_size = (SELECT coalesce(sum({_RESULTS}.output_size), 0) {of_it}),
            modified_at = %s
        WHERE id = %s"""
    values = [column_value("modified_at", timezone.now()), column_value("id", snapshot_id)]
    if owner is not None:
        statement += " AND lease_owner = %s AND status = 'started'"
        values.append(column_value("lease_owner", owner))
    return bool(do(statement, values))


def position_of(plugin: str) -> int:
    """Return the place of a plugin's result within its snapshot; what Pagekeep does not make comes last."""
    return _ORDER.index(plugin) if plugin in _ORDER else len(_ORDER)


def lease_lost(snapshot_id: UUID) -> LeaseLost:
    """Return the error of a worker that holds a snapshot no more."""
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
