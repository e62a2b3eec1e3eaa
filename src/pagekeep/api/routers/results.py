"""``/core/archiveresults`` and ``/core/archiveresult/{id}``."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.forms import read_form
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.results import (
    ArchiveResultQuery,
    ArchiveResultSchema,
    PagedArchiveResultSchema,
    result_object,
    result_objects,
)
from pagekeep.api.schemas.uploads import ArchiveResultPatchSchema, ArchiveResultUploadSchema, body_of
from pagekeep.archive.models import ArchiveResult
from pagekeep.archive.queries import ResultFilters, count_results, find_result, find_snapshot, list_results
from pagekeep.domain.errors import BadInput
from pagekeep.domain.media_types import UNKNOWN, media_type_of
from pagekeep.domain.results import Upload
from pagekeep.services.spooled_uploads import SentFile
from pagekeep.services.upload_chunk import Chunk, upload_chunk
from pagekeep.services.upload_outputs import add_to_result, upload_outputs
from pagekeep.services.uploaded_result import Told, check_size

router = Router(tags=["Archive results"])
_NO_FILTERS = set(PagingQuery.model_fields)


@router.get(
    "/archiveresults",
    operation_id="get_archiveresults",
    summary="List archive results",
    auth=any_token("read"),
    response=responses(PagedArchiveResultSchema),
)
def get_archiveresults(request: HttpRequest, query: Query[ArchiveResultQuery]) -> HttpResponse:
    """Newest first. Filters narrow together."""
    filters = ResultFilters(**query.model_dump(exclude=_NO_FILTERS))
    return reply(page_of(list_results(filters), query, result_objects, count_results(filters)))


@router.get(
    "/archiveresult/{archiveresult_id}",
    operation_id="get_archiveresult",
    summary="Get an archive result by id or the beginning of its id",
    auth=any_token("read"),
    response=responses(ArchiveResultSchema, 404),
)
def get_archiveresult(request: HttpRequest, archiveresult_id: str) -> HttpResponse:
    """A beginning that fits several is refused with their number."""
    return reply(result_object(find_result(archiveresult_id).pk))


@router.post(
    "/archiveresults",
    operation_id="create_archiveresult",
    summary="Upload outputs of a snapshot",
    auth=any_token("add"),
    response=responses(ArchiveResultSchema, 404, 409, 413),
    openapi_extra=body_of(ArchiveResultUploadSchema),
)
def create_archiveresult(request: HttpRequest) -> HttpResponse:
    """Makes the result of this snapshot, plugin and hook_name, or adds to it. Kept bytes are never replaced."""
    body, files = read_form(request, ArchiveResultUploadSchema)
    snapshot = find_snapshot(body.snapshot_id, with_results=False)
    uploads = _uploads(files, body.output_paths, body.mime_types)
    row = upload_outputs(snapshot.pk, body.plugin, body.hook_name, uploads, _told(body))
    return reply(result_object(row.pk))


@router.patch(
    "/archiveresult/{archiveresult_id}",
    operation_id="patch_archiveresult",
    summary="Add to an archive result, or upload one part of a large file",
    auth=any_token("add"),
    response=responses(ArchiveResultSchema, 404, 409, 413),
    openapi_extra=body_of(ArchiveResultPatchSchema),
)
def patch_archiveresult(request: HttpRequest, archiveresult_id: str) -> HttpResponse:
    """Takes what the upload takes, or with `chunk_output_path` one part; parts come in order, the first has index 0."""
    body, files = read_form(request, ArchiveResultPatchSchema)
    row = find_result(archiveresult_id)
    _check_unchanged(row, body)
    if body.chunk_output_path is None:
        add_to_result(row.pk, _uploads(files, body.output_paths, body.mime_types), _told(body))
    else:
        upload_chunk(row.pk, _chunk(body.chunk_output_path, body, files), _told(body))
    return reply(result_object(row.pk))


def _told(body: ArchiveResultUploadSchema | ArchiveResultPatchSchema) -> Told:
    return Told(body.status, body.output_str, body.output_json)


def _uploads(files: list[SentFile], paths: list[str], types: list[str]) -> list[Upload]:
    if paths and len(paths) != len(files):
        raise BadInput(f"There are {len(files)} files and {len(paths)} output_paths; give one path for each file.")
    if len(types) > len(files):
        raise BadInput(f"There are {len(files)} files and {len(types)} mime_types; give one type for each file.")
    uploads = []
    for number, file in enumerate(files):
        path = paths[number] if paths else str(file.name)
        said = types[number] if number < len(types) else _known(file.content_type)
        check_size(file.size or 0, path)
        uploads.append(Upload(path, media_type_of(said, path), file.chunks()))
    return uploads


def _known(content_type: str | None) -> str:
    """Return what a form says of a file, empty where that is what programs say of any."""
    return "" if content_type in (None, UNKNOWN) else str(content_type)


def _chunk(path: str, body: ArchiveResultPatchSchema, files: list[SentFile]) -> Chunk:
    numbers = {
        "chunk_index": body.chunk_index,
        "chunk_count": body.chunk_count,
        "chunk_offset": body.chunk_offset,
        "chunk_total_size": body.chunk_total_size,
    }
    index, count, offset, total_size = numbers.values()
    if index is None or count is None or offset is None or total_size is None:
        missing = ", ".join(name for name, number in numbers.items() if number is None)
        raise BadInput(f"A part of a file needs {missing} besides chunk_output_path.")
    if len(files) != 1:
        raise BadInput(f"A part of a file comes as one file of a multipart form; this request has {len(files)}.")
    (file,) = files
    return Chunk(
        path=path,
        index=index,
        count=count,
        offset=offset,
        total_size=total_size,
        mimetype=media_type_of(body.mime_type or "", path),
        size=file.size or 0,
        read=file.chunks,
    )


def _check_unchanged(row: ArchiveResult, body: ArchiveResultPatchSchema) -> None:
    if body.snapshot_id and find_snapshot(body.snapshot_id, with_results=False).pk != row.snapshot_id:
        raise BadInput("snapshot_id is another snapshot's; an archive result stays with its own.")
    for name in ("plugin", "hook_name"):
        value = getattr(body, name)
        if value is not None and value != getattr(row, name):
            raise BadInput(f"{name} is {getattr(row, name)!r} and stays so; leave it out.")
