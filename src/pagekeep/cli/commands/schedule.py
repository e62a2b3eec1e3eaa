"""``pagekeep schedule``"""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import click

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.models import Schedule
from pagekeep.archive.progress import live_workers
from pagekeep.archive.schedule_queries import find_schedule, list_schedules, next_runs
from pagekeep.cli.crawl_options import crawl_options
from pagekeep.cli.display import one_line
from pagekeep.cli.exit_codes import DONE, SOME_FAILED
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import required
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.crawl.recurrence import parse_zone
from pagekeep.domain.urls import without_credentials
from pagekeep.services.add_schedule import add_schedule
from pagekeep.services.change_schedules import pause_schedules, remove_schedules, resume_schedules
from pagekeep.services.crawl_options import CrawlOptions
from pagekeep.services.run_schedules import run_now
from pagekeep.services.tagging import split_tags

TAKES = {"schedule": "id"}
references = click.argument("references", nargs=-1, metavar="[REF]...")


@click.group()
def command() -> None:
    """URLs that are archived again and again. Workers run them; runs missed while none ran are made up once, and a run
    is passed over while the crawl of the one before has not ended.

    REF is a schedule's id or the beginning of it. Without any, and for -, they are read from standard input: one per
    line, or the records that schedule list --json prints.
    """


@command.command()
@click.argument("url")
@click.option(
    "--every",
    default="day",
    show_default=True,
    help="minute, hour, day, week, month, quarter, year; seconds (at least 60); or cron, like '30 3 * * MON'.",
)
@click.option("--time-zone", default="", metavar="NAME", help="Whose clocks count; by default PAGEKEEP_TIME_ZONE.")
@click.option("--only-new", is_flag=True, help="Pass over URLs archived already, this one included.")
@crawl_options
@json_option
def add(url: str, every: str, time_zone: str, only_new: bool, crawl: CrawlOptions, as_json: bool) -> None:
    """Archive URL every so often, first at the next such time. How far each crawl goes is said as with pagekeep add."""
    open_archive(create=True)
    made = add_schedule(url, user=first_admin(), every=every, time_zone=time_zone, only_new=only_new, **crawl)
    _tell(made, as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the schedules with their next three runs, newest first."""
    open_archive(create=False)
    schedules = list(list_schedules())
    for schedule in schedules:
        _tell(schedule, as_json=as_json)
    if not schedules:
        err.print("There is no schedule yet.")


@command.command()
@references
@json_option
@click.pass_context
def run(ctx: click.Context, references: tuple[str, ...], as_json: bool) -> None:
    """Run schedules now, paused ones too, also while the crawl of the run before has not ended.

    The exit code is 1 if some could not be run.
    """
    ids = _named(references)
    crawls = run_now(ids)
    for schedule in list_schedules().filter(pk__in=ids):
        _tell(schedule, as_json=as_json)
    for crawl_id in crawls:
        err.print(f"A crawl has begun. Follow it: {how_to(f'crawl follow {crawl_id}')}")
    if crawls and not live_workers():
        err.print(f"No worker is running; capture the pages with: {how_to('worker --until-idle')}")
    ctx.exit(DONE if len(crawls) == len(ids) else SOME_FAILED)


@command.command()
@references
@json_option
def pause(references: tuple[str, ...], as_json: bool) -> None:
    """Stop the runs of schedules until they are resumed."""
    _change(references, pause_schedules, "paused", as_json=as_json)


@command.command()
@references
@json_option
def resume(references: tuple[str, ...], as_json: bool) -> None:
    """Let paused schedules run again, from their next time on: what fell into the pause is not made up."""
    _change(references, resume_schedules, "resumed", as_json=as_json)


@command.command()
@references
@json_option
def remove(references: tuple[str, ...], as_json: bool) -> None:
    """Remove schedules. What they archived stays."""
    ids = _named(references)
    number = remove_schedules(ids)
    if not as_json:
        out.print(f"{count_text(number, 'schedule')} removed.")
    for schedule_id in ids if as_json else ():
        print_json({"type": "removed", "id": str(schedule_id)})


def _change(references: Sequence[str], change: Callable[[Iterable[UUID]], int], done: str, *, as_json: bool) -> None:
    ids = _named(references)
    number = change(ids)
    if not as_json:
        out.print(f"{count_text(number, 'schedule')} {done}.")
    for schedule in list_schedules().filter(pk__in=ids) if as_json else ():
        _tell(schedule, as_json=True)


def _named(references: Sequence[str]) -> list[UUID]:
    """Return the ids; one that is not there is told before anything is done with another."""
    given = required(references, TAKES)
    open_archive(create=False)
    return list(dict.fromkeys(find_schedule(reference).pk for reference in given))


def _tell(schedule: Schedule, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(schedule))
        return
    zone = parse_zone(schedule.time_zone)
    runs = ", ".join(f"{run.astimezone(zone):%Y-%m-%d %H:%M}" for run in next_runs(schedule))
    following = f"next {runs}" if runs else "paused"
    url = one_line(without_credentials(schedule.url))
    out.print(f"{schedule.pk} every {schedule.every} {schedule.time_zone}, {following}: {url}")
    if schedule.problem:
        out.print(f"  {one_line(schedule.problem)}")


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
        "label": schedule.label,
        "notes": schedule.notes,
        "config": schedule.config,
        "plugins": schedule.plugins,
        "max_urls": schedule.max_urls,
        "max_size": schedule.max_size,
        "crawl_timeout": schedule.crawl_timeout,
        "snapshot_max_size": schedule.snapshot_max_size,
        "is_enabled": schedule.is_enabled,
        "next_run_at": schedule.next_run_at,
        "next_runs": next_runs(schedule),
        "last_run_at": schedule.last_run_at,
        "last_crawl_id": schedule.last_crawl_id,
        "num_runs": schedule.num_runs,
        "problem": schedule.problem,
    }
