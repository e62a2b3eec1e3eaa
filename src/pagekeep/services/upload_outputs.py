"""Keep files that a client made of a page, as an archive result."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import ArchiveResult
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.results import Upload
from pagekeep.services.renew_manifest import renew_manifest
from pagekeep.services.uploaded_result import (
    Told,
    await_the_rest,
    check_names,
    find_row,
    new_row,
    save_row,
    upload_fence,
)
from pagekeep.services.wiring import data_dir, snapshot_files
from pagekeep.storage.names import check_path, fold


def upload_outputs(
    snapshot_id: UUID, plugin: str, hook_name: str, files: Sequence[Upload], told: Told
) -> ArchiveResult:
    """Make the result of this plugin and hook, or add to it. Bytes once kept are never replaced; the same are fine.

    Raises:
        BadInput: a name or path cannot be used.
        NotFound: there is no such snapshot.
        Conflict: other bytes are kept under a path, or a worker makes this output right now.
        EnvironmentProblem: the disk is full or not writable.
    """
    check_names(plugin, hook_name)
    _check_paths([file.path for file in files])
    stored = []
    if files:
        data_dir().check_space()
        keeper = snapshot_files(snapshot_id, upload_fence(snapshot_id, plugin, hook_name))
        find_row(snapshot_id, plugin, hook_name)  # before anything is written
        stored = keeper.add(plugin, files)
    with transaction.atomic():
        row = find_row(snapshot_id, plugin, hook_name) or new_row(snapshot_id, plugin, hook_name)
        save_row(row, told, stored)
    await_the_rest(row)
    renew_manifest(snapshot_id)
    return row


def add_to_result(result_id: UUID, files: Sequence[Upload], told: Told) -> ArchiveResult:
    """Add files to a result, or change what is told of it.

    Raises:
        NotFound: there is no such archive result.
        BadInput, Conflict, EnvironmentProblem: as `upload_outputs`.
    """
    row = ArchiveResult.objects.filter(pk=result_id).first()
    if row is None:
        raise NotFound(f"There is no archive result {result_id} in this archive.")
    return upload_outputs(row.snapshot_id, row.plugin, row.hook_name, files, told)


def _check_paths(paths: Sequence[str]) -> None:
    folders: dict[str, str] = {}
    seen: dict[str, str] = {}
    for path in paths:
        parts = check_path(path)
        if fold(path) in seen:
            raise BadInput(f"Two files of one upload are both to be called {path!r}; give each a path of its own.")
        seen[fold(path)] = path
        for depth in range(1, len(parts)):
            folders.setdefault(fold("/".join(parts[:depth])), path)
    for folded, path in seen.items():
        if folded in folders:
            raise BadInput(f"{path!r} cannot be a file and the folder of {folders[folded]!r}; use another path.")
