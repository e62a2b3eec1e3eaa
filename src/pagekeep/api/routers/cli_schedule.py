"""``/cli/schedule``."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import Call, call_of
from pagekeep.api.command_reply import command_reply
from pagekeep.api.schemas.cli import CLICommandResponseSchema
from pagekeep.api.schemas.cli_schedule import ScheduleCommandSchema, schedule_fields
from pagekeep.api.schemas.common import responses
from pagekeep.archive.models import Schedule
from pagekeep.archive.schedule_queries import find_schedule, list_schedules
from pagekeep.domain.errors import BadInput
from pagekeep.services.add_schedule import add_schedule
from pagekeep.services.change_schedules import pause_schedules, remove_schedules, resume_schedules
from pagekeep.services.run_schedules import run_now
from pagekeep.services.tagging import split_tags

router = Router(tags=["Commands"])
MOST_SHOWN = 1000
_CHANGES: dict[str, Callable[[Iterable[UUID]], int]] = {
    "remove": remove_schedules,
    "pause": pause_schedules,
    "resume": resume_schedules,
}


@router.post(
    "/schedule",
    operation_id="cli_schedule",
    summary="Archive a URL again and again; list, run, pause or remove such schedules",
    auth=any_token("admin"),
    response=responses(CLICommandResponseSchema, 404, 413),
)
def schedule(request: HttpRequest, body: ScheduleCommandSchema) -> HttpResponse:
    """In this order: `clear`, add, `remove`, `pause`, `resume`, `run`, `run_all`, `show`, which is also what happens if
    nothing is asked for. One id that is not there, and nothing is changed.

    Workers make the crawls when their time comes; times that passed while none ran are made up once.
    """
    call = call_of(request)
    if (body.add or body.every) and not (body.import_path or "").strip():
        raise BadInput("import_path is missing; give the URL to archive again and again.")
    result: dict[str, Any] = {"created_schedule_ids": []}
    with transaction.atomic():  # nothing is cleared if what shall come instead is refused
        if body.clear:
            result["removed_count"] = remove_schedules()
            call.stdout.append(f"Schedules removed: {result['removed_count']}.")
        if (body.import_path or "").strip():
            made = _add(body, call)
            result["created_schedule_ids"] = [made.pk]
            call.stdout.append(f"Scheduled every {made.every}; first at {made.next_run_at:%Y-%m-%d %H:%M} UTC.")
        chosen = {name: _find(getattr(body, name)) for name in ("remove", "pause", "resume", "run")}
        for name, change in _CHANGES.items():
            if chosen[name]:
                result[f"{name}d_count"] = change(chosen[name])
                call.stdout.append(f"Schedules {name}d: {result[f'{name}d_count']}.")
    if chosen["run"] or body.run_all:
        enabled = list_schedules().filter(is_enabled=True).values_list("pk", flat=True) if body.run_all else ()
        result["crawl_ids"] = run_now({*chosen["run"], *enabled})
        call.stdout.append(f"Crawls begun: {len(result['crawl_ids'])}.")
    if body.show or not (body.import_path or body.clear or body.run_all or any(chosen.values())):
        result["schedules"] = [schedule_fields(found) for found in list_schedules()[:MOST_SHOWN]]
        call.stdout.append(f"Schedules listed: {len(result['schedules'])}.")
    if body.foreground:
        call.stderr.append("Without effect: foreground; workers run schedules.")
    if body.quiet:
        call.stdout.clear()
    return command_reply(request, result)


def _find(references: list[str]) -> list[UUID]:
    return [find_schedule(reference).pk for reference in references]


def _add(body: ScheduleCommandSchema, call: Call) -> Schedule:
    return add_schedule(
        body.import_path or "",
        user=call.user,
        every=str(body.every or ""),
        tags=split_tags(body.tag),
        depth=body.depth,
        only_new=bool(body.only_new),
        persona=body.persona,
        time_zone=body.time_zone or "",
        label=body.label,
        notes=body.notes,
        config=body.config,
        plugins=body.plugins,
        max_urls=body.max_urls,
        max_size=body.max_size,
        crawl_timeout=body.crawl_timeout,
        snapshot_max_size=body.snapshot_max_size,
    )
