"""``/cli/search``, ``list``, ``update`` and ``remove``: the commands about snapshots that fit some filters."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from ninja import Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of
from pagekeep.api.command_reply import command_reply
from pagekeep.api.listing import MOST, listing
from pagekeep.api.schemas.cli import CLICommandResponseSchema
from pagekeep.api.schemas.cli_filters import ListCommandSchema, RemoveCommandSchema, UpdateCommandSchema, filters_of
from pagekeep.api.schemas.common import responses
from pagekeep.services.find_matching import find_ids
from pagekeep.services.remove_matching import remove_matching
from pagekeep.services.update_snapshots import update_snapshots

router = Router(tags=["Commands"])
LONGEST = 600.0
UPDATE_SECONDS = 60.0


def _search(request: HttpRequest, body: ListCommandSchema) -> HttpResponse:
    filters, call = filters_of(body), call_of(request)
    most = min(filters.limit or MOST, MOST)
    ids = find_ids(replace(filters, limit=None), most + 1)
    cut, ids = len(ids) > most, ids[:most]
    call.stdout.append(f"{_snapshots(len(ids), 'fits', 'fit')}.")
    if cut and filters.limit != most:
        call.stderr.append(
            f"More than {MOST} snapshots fit; these are the first. Narrow them, or read them page by page from"
            " /api/v1/core/snapshots."
        )
    form = body.result_format()
    columns = body.as_csv if isinstance(body.as_csv, str) else ""
    result = listing(request, ids, filters.order(), form, columns=columns, with_headers=body.with_headers)
    return command_reply(request, result, form)


@router.post(
    "/search",
    operation_id="cli_search",
    summary="List snapshots that fit, as objects, CSV, HTML or text",
    auth=any_token("read"),
    response=responses(CLICommandResponseSchema, 413),
)
def search(request: HttpRequest, body: ListCommandSchema) -> HttpResponse:
    """At most 10,000; filters narrow together. `stderr` says so if more fit."""
    return _search(request, body)


@router.post(
    "/list",
    operation_id="cli_list",
    summary="The same as `search`",
    auth=any_token("read"),
    response=responses(CLICommandResponseSchema, 413),
)
def list_(request: HttpRequest, body: ListCommandSchema) -> HttpResponse:
    """The older name."""
    return _search(request, body)


@router.post(
    "/update",
    operation_id="cli_update",
    summary="Capture again what failed or was not reached of the snapshots that fit",
    auth=any_token("admin"),
    response=responses(CLICommandResponseSchema, 413),
)
def update(request: HttpRequest, body: UpdateCommandSchema) -> HttpResponse:
    """At most 10,000 are looked at, newest first, for at most a minute; `result.resume` says where to go on.

    What is kept stays. Those that are complete, in work or cancelled are passed over; `stderr` counts them.
    """
    call = call_of(request)
    looks_only = body.index_only or body.migrate_only
    filters = filters_of(body, resume=body.resume)
    updated = update_snapshots(filters, seconds=UPDATE_SECONDS, batch=body.batch_size, queue=not looks_only)
    matched, queued = len(updated.matched), len(updated.queued)
    call.stdout.append(f"{_snapshots(matched, 'fits', 'fit')}, {queued} of them queued.")
    call.stderr += [f"Passed over {number} that {why}." for why, number in updated.passed_over.items()]
    if looks_only:
        call.stderr.append("Nothing was queued: index_only and migrate_only only look.")
    if body.continuous:
        call.stderr.append("Without effect: continuous; workers run all the time.")
    if updated.left:
        how = f"resume={updated.resume}" if updated.resume else "narrower filters"
        call.stderr.append(f"There are more; go on with {how}.")
    return command_reply(
        request,
        {
            "matched_count": matched,
            "snapshot_ids": updated.matched,
            "queued_count": queued,
            "queued_snapshot_ids": updated.queued,
            "resume": updated.resume,
        },
    )


@router.post(
    "/remove",
    operation_id="cli_remove",
    summary="Remove the snapshots that fit, with their files",
    auth=any_token("admin"),
    response=responses(CLICommandResponseSchema, 413),
)
def remove(request: HttpRequest, body: RemoveCommandSchema) -> HttpResponse:
    """Refused if no filter narrows. What fits nothing is answered with 200 too."""
    call = call_of(request)
    removed, whole = remove_matching(filters_of(body), delete=body.delete, seconds=min(body.timeout, LONGEST))
    number = len(removed.snapshot_ids)
    word = "removed" if body.delete else "hidden; its files are kept" if number == 1 else "hidden; their files are kept"
    call.stdout.append(
        f"{number} snapshot{'' if number == 1 else 's'} {word}." if number else "No snapshot fits; nothing was removed."
    )
    if not whole:
        call.stderr.append("The time was over before all were removed; call it again, perhaps with a longer timeout.")
    return command_reply(
        request,
        {
            "removed_count": number,
            "removed_snapshot_ids": removed.snapshot_ids,
            "remaining_snapshots": removed.remaining,
        },
    )


def _snapshots(number: int, one: str, many: str) -> str:
    return f"1 snapshot {one}" if number == 1 else f"{number} snapshots {many}"
