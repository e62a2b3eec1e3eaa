"""``pagekeep crawl``"""

import asyncio
import sys
from collections.abc import Sequence

import click
from django.utils import timezone

from pagekeep.archive.crawl_progress import crawl_progress
from pagekeep.archive.crawl_queries import (
    CrawlFilters,
    crawl_rows,
    list_crawls,
    list_refusals,
    refusals_by_rule,
    sitemap_counts,
)
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.host_queries import slow_hosts
from pagekeep.archive.models import Crawl
from pagekeep.archive.progress import live_workers
from pagekeep.archive.queries import find_crawl
from pagekeep.cli.crawl_report import crawl_line, crawl_report, slow_hosts_json
from pagekeep.cli.display import one_line
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import CRAWLS, STDIN, required
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.cli.waiting import wait_for
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus
from pagekeep.domain.urls import without_credentials
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.remove_crawl import remove_crawl

PART = 500
SHOWN = 20
"""Refused URLs that are shown to people unless they ask for all."""
_NOT_TOLD = ("allow_private", "created_by_id", "ends_at", "paused_at")
references = click.argument("references", nargs=-1, metavar="[REF]...")


@click.group()
def command() -> None:
    """Crawls: one request to archive each, with the pages it came to.

    REF is a crawl's id or the beginning of it. Without any, and for -, they are read from standard input: one per line,
    or the records another command prints with --json; a snapshot stands for its crawl.

    \b
    pagekeep crawl list --status started --json | pagekeep crawl pause
    """


@command.command("list")
@click.argument("text", required=False, metavar="[FILTER]")
@click.option("--status", type=click.Choice([status.value for status in CrawlStatus]), help="Only of this status.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="How many at most; 0 for all.")
@json_option
def list_(text: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List crawls, newest first. FILTER is a part of a URL, label, note, tag or id."""
    open_archive(create=False)
    found = list_crawls(CrawlFilters(search=text, status=status))
    total = found.count()
    most = min(limit, total) if limit else total
    for start in range(0, most, PART):
        for row in crawl_rows(found[start : min(start + PART, most)]):
            _tell(row, as_json=as_json)
    if most < total:
        err.print(f"{most} of {total} crawls; --limit 0 lists all.")
    elif not total:
        err.print("No crawl fits." if text or status else "There is no crawl yet.")


@command.command()
@references
@click.option("--refused", "all_refused", is_flag=True, help="Show every refused URL, not only the first ones.")
@json_option
def show(references: tuple[str, ...], all_refused: bool, as_json: bool) -> None:
    """Show how crawls are getting on: pages by state, refusals by rule, limits, speed, and what each waits for."""
    for crawl in _named(references):
        (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk), whole_urls=True)
        progress, refused = crawl_progress([crawl])[crawl.pk], refusals_by_rule(crawl.pk)
        sitemaps, slow = sitemap_counts(crawl.pk), slow_hosts(crawl_id=crawl.pk)
        if as_json:
            told = {"refused": refused, "states": progress.states, "output_size": progress.output_size}
            told |= {"pages_per_minute": progress.pages_per_minute, "at_work": progress.at_work}
            told |= {"sitemaps": sitemaps, "slow_hosts": slow_hosts_json(slow)}
            print_json(_json(row) | told | {"waits_for": progress.waits_for, "due_at": progress.due_at})
        else:
            for line in crawl_report(row, progress, refused, sitemaps, slow):
                out.print(line)
        _tell_refusals(crawl, None if all_refused or as_json else SHOWN, as_json=as_json)


@command.command()
@click.argument("reference", required=False)
@json_option
@click.pass_context
def follow(ctx: click.Context, reference: str | None, as_json: bool) -> None:
    """Show the pages of one crawl as they end, until all have. Ctrl-C leaves the crawl as it is.

    The exit code is 0 if all its pages succeeded, 1 if some failed or were cancelled.
    """
    since, crawls = timezone.now(), _named([reference] if reference else [])
    if len(crawls) != 1:
        raise BadInput(f"One crawl can be followed at a time; {len(crawls)} were named.")
    (crawl,) = crawls
    (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk))
    number, succeeded, failed = row["num_snapshots"], row["num_succeeded"], row["num_failed"]
    ended = (succeeded, failed, number - row["num_open"] - succeeded - failed)
    if row["num_open"] and not live_workers():
        err.print(f"No worker is running; start one with: {how_to('worker')}")
    waiting = wait_for(
        crawl.pk, number=number, refused=0, capture_here=False, as_json=as_json, ended=ended, since=since
    )
    ctx.exit(asyncio.run(waiting))


@command.command()
@references
@json_option
def pause(references: tuple[str, ...], as_json: bool) -> None:
    """Let what is queued in crawls wait; pages that are being captured may end."""
    _change(references, as_json=as_json, action="pause")


@command.command()
@references
@json_option
def resume(references: tuple[str, ...], as_json: bool) -> None:
    """Go on with crawls; snapshots that were paused one by one stay so."""
    _change(references, as_json=as_json, action="resume")


@command.command()
@references
@json_option
def seal(references: tuple[str, ...], as_json: bool) -> None:
    """Cancel crawls: what waits or runs is given up, what is kept stays."""
    _change(references, as_json=as_json, status=CrawlStatus.SEALED)


@command.command()
@references
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(references: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove crawls with all their snapshots and files, for good."""
    crawls = _named(references)
    rows = crawl_rows(Crawl.objects.filter(pk__in=[crawl.pk for crawl in crawls]))
    number = count_text(sum(row["num_snapshots"] for row in rows), "snapshot")
    if crawls and not yes:
        if not references or STDIN in references or not sys.stdin.isatty():
            raise BadInput("Nobody is there to be asked; add --yes to remove them.")
        what = str(crawls[0].pk) if len(crawls) == 1 else count_text(len(crawls), "crawl")
        click.confirm(f"Remove {what} with {number} for good?", abort=True, err=True)
    for crawl in crawls:
        removed = remove_crawl(crawl.pk)
        if as_json:
            print_json({"type": "removed", "id": str(crawl.pk), "deleted_snapshots": removed})
        else:
            out.print(f"The crawl {crawl.pk} and {count_text(removed, 'snapshot')} are removed.")


def _named(references: Sequence[str]) -> list[Crawl]:
    """Return the crawls; one that is not there is told before anything is done with another."""
    given = required(references, CRAWLS)
    open_archive(create=False)
    found = [find_crawl(reference) for reference in given]
    return list({crawl.pk: crawl for crawl in found}.values())


def _change(references: Sequence[str], *, as_json: bool, action: str | None = None, status: str | None = None) -> None:
    for crawl in _named(references):
        change_crawl(crawl.pk, user=None, action=action, status=status)
        (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk), whole_urls=as_json)
        _tell(row, as_json=as_json)


def _tell(row: Row, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(row))
    else:
        out.print(crawl_line(row))


def _json(row: Row) -> dict[str, object]:
    return {"type": "crawl", **{name: value for name, value in row.items() if name not in _NOT_TOLD}}


def _tell_refusals(crawl: Crawl, most: int | None, *, as_json: bool) -> None:
    for refusal in list_refusals(crawl.pk)[:most].iterator(PART):
        if as_json:
            print_json({"type": "refused", "url": refusal.url, "rule": refusal.rule, "reason": refusal.reason})
        else:
            out.print(f"refused: {one_line(without_credentials(refusal.url))}: {one_line(refusal.reason)}")
    if most and crawl.num_refused > most:
        err.print("There are more; --refused shows all that are kept.")
