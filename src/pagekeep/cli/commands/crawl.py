"""``pagekeep crawl``"""

import sys

import click

from pagekeep.archive.crawl_queries import CrawlFilters, crawl_rows, list_crawls, list_refusals
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.models import Crawl
from pagekeep.archive.queries import find_crawl
from pagekeep.cli.display import one_line
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, json_option, out, print_json
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus
from pagekeep.domain.urls import shorten, without_credentials
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.remove_crawl import remove_crawl

PART = 500
_NOT_TOLD = ("allow_private", "created_by_id", "ends_at", "paused_at")


@click.group()
def command() -> None:
    """Crawls: one request to archive each, with the pages it came to."""


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
@click.argument("reference")
@json_option
def show(reference: str, as_json: bool) -> None:
    """Show a crawl and what it did not take. REFERENCE is its id or the beginning of it."""
    open_archive(create=False)
    crawl = find_crawl(reference)
    _show(crawl, as_json=as_json)
    for refusal in list_refusals(crawl.pk).iterator(PART):
        if as_json:
            print_json({"type": "refused", "url": refusal.url, "rule": refusal.rule, "reason": refusal.reason})
        else:
            out.print(f"refused: {one_line(without_credentials(refusal.url))}: {one_line(refusal.reason)}")


@command.command()
@click.argument("reference")
@json_option
def pause(reference: str, as_json: bool) -> None:
    """Let what is queued in a crawl wait; pages that are being captured may end."""
    _change(reference, as_json=as_json, action="pause")


@command.command()
@click.argument("reference")
@json_option
def resume(reference: str, as_json: bool) -> None:
    """Go on with a crawl; snapshots that were paused one by one stay so."""
    _change(reference, as_json=as_json, action="resume")


@command.command()
@click.argument("reference")
@json_option
def seal(reference: str, as_json: bool) -> None:
    """Cancel a crawl: what waits or runs is given up, what is kept stays."""
    _change(reference, as_json=as_json, status=CrawlStatus.SEALED)


@command.command()
@click.argument("reference")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(reference: str, yes: bool, as_json: bool) -> None:
    """Remove a crawl with all its snapshots and their files, for good."""
    open_archive(create=False)
    crawl = find_crawl(reference)
    (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk))
    number = count_text(row["num_snapshots"], "snapshot")
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput("Nobody is there to be asked; add --yes to remove it.")
        click.confirm(f"Remove {crawl.pk} with {number} for good?", abort=True, err=True)
    removed = remove_crawl(crawl.pk)
    if as_json:
        print_json({"type": "removed", "id": str(crawl.pk), "deleted_snapshots": removed})
    else:
        out.print(f"The crawl and {count_text(removed, 'snapshot')} are removed.")


def _change(reference: str, *, as_json: bool, action: str | None = None, status: str | None = None) -> None:
    open_archive(create=False)
    crawl = find_crawl(reference)
    change_crawl(crawl.pk, user=None, action=action, status=status)
    _show(crawl, as_json=as_json)


def _show(crawl: Crawl, *, as_json: bool) -> None:
    (row,) = crawl_rows(Crawl.objects.filter(pk=crawl.pk), whole_urls=as_json)
    _tell(row, as_json=as_json)


def _tell(row: Row, *, as_json: bool) -> None:
    if as_json:
        print_json({"type": "crawl", **{name: value for name, value in row.items() if name not in _NOT_TOLD}})
        return
    ended = f"{row['num_succeeded']} succeeded, {row['num_failed']} failed, {row['num_refused']} refused"
    state = f"{row['status']} {row['outcome']}".strip()
    name = row["label"] or without_credentials(row["urls"].partition("\n")[0].strip())
    why = f" {row['limit_reached']}" if row["limit_reached"] else ""
    out.print(
        f"{row['id']} {row['created_at']:%Y-%m-%d %H:%M} {state:16} {ended}, {row['num_open']} open"
        f"  {shorten(one_line(name))}{why}"
    )
