"""``pagekeep schedule``"""

from collections.abc import Sequence
from uuid import UUID

import click

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.models import Schedule
from pagekeep.archive.progress import live_workers
from pagekeep.archive.schedule_queries import find_schedule, list_schedules
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.services.add_schedule import add_schedule
from pagekeep.services.change_schedules import pause_schedules, remove_schedules, resume_schedules
from pagekeep.services.run_schedules import run_now
from pagekeep.services.tagging import split_tags

references = click.argument("references", nargs=-1, required=True, metavar="REF...")


@click.group()
def command() -> None:
    """URLs that are archived again and again. Workers run them; runs missed while none ran are made up once."""


@command.command()
@click.argument("url")
@click.option(
    "--every",
    default="day",
    show_default=True,
    help="minute, hour, day, week, month, quarter, year; seconds (at least 60); or cron, like '30 3 * * MON'.",
)
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Tag the snapshots; repeat it, or separate by commas."
)
@click.option("--depth", type=click.IntRange(0, 4), default=0, show_default=True, help="How many links away to go.")
@click.option("--only-new", is_flag=True, help="Pass over URLs archived already, this one included.")
@click.option("--persona", default="", metavar="NAME", help="Visit the pages as this persona, not as Default.")
@click.option("--time-zone", default="", metavar="NAME", help="Whose clocks count; by default PAGEKEEP_TIME_ZONE.")
@json_option
def add(
    url: str,
    every: str,
    tags: tuple[str, ...],
    depth: int,
    only_new: bool,
    persona: str,
    time_zone: str,
    as_json: bool,
) -> None:
    """Archive URL every so often, first at the next such time."""
    open_archive(create=True)
    made = add_schedule(
        url,
        user=first_admin(),
        every=every,
        tags=split_tags(",".join(tags)),
        depth=depth,
        only_new=only_new,
        persona=persona,
        time_zone=time_zone,
    )
    _tell(made, as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the schedules, newest first."""
    open_archive(create=False)
    for schedule in list_schedules().iterator():
        _tell(schedule, as_json=as_json)


@command.command()
@references
@json_option
def run(references: tuple[str, ...], as_json: bool) -> None:
    """Run schedules now, paused ones too. REF is an id or the beginning of one."""
    open_archive(create=False)
    ids = _find(references)
    crawls = run_now(ids)
    for schedule in list_schedules().filter(pk__in=ids):
        _tell(schedule, as_json=as_json)
    if crawls and not live_workers():
        err.print(f"No worker is running; capture the pages with: {how_to('worker --until-idle')}")


@command.command()
@references
def pause(references: tuple[str, ...]) -> None:
    """Stop the runs of schedules until they are resumed."""
    open_archive(create=False)
    out.print(f"{count_text(pause_schedules(_find(references)), 'schedule')} paused.")


@command.command()
@references
def resume(references: tuple[str, ...]) -> None:
    """Let paused schedules run again, from their next time on."""
    open_archive(create=False)
    out.print(f"{count_text(resume_schedules(_find(references)), 'schedule')} resumed.")


@command.command()
@references
def remove(references: tuple[str, ...]) -> None:
    """Remove schedules. What they archived stays."""
    open_archive(create=False)
    out.print(f"{count_text(remove_schedules(_find(references)), 'schedule')} removed.")


def _find(references: Sequence[str]) -> list[UUID]:
    return [find_schedule(reference).pk for reference in references]


def _tell(schedule: Schedule, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(schedule))
        return
    following = f"next {schedule.next_run_at:%Y-%m-%d %H:%M} UTC" if schedule.is_enabled else "paused"
    problem = f" ({schedule.problem})" if schedule.problem else ""
    out.print(f"{schedule.pk} every {schedule.every} {schedule.time_zone}, {following}: {schedule.url}{problem}")


def _json(schedule: Schedule) -> dict[str, object]:
    return {
        "type": "schedule",
        "id": str(schedule.pk),
        "url": schedule.url,
        "every": schedule.every,
        "time_zone": schedule.time_zone,
        "tags": split_tags(schedule.tags_str),
        "depth": schedule.max_depth,
        "only_new": schedule.only_new,
        "persona": schedule.persona,
        "is_enabled": schedule.is_enabled,
        "next_run_at": schedule.next_run_at,
        "last_run_at": schedule.last_run_at,
        "last_crawl_id": schedule.last_crawl_id,
        "num_runs": schedule.num_runs,
        "problem": schedule.problem,
    }
