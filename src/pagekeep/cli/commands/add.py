"""``pagekeep add``"""

import asyncio

import click
from django.db.models import prefetch_related_objects

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.progress import live_workers
from pagekeep.capture.chromium.find import find_chromium
from pagekeep.cli.crawl_options import crawl_options, parser_option
from pagekeep.cli.exit_codes import DONE, SOME_FAILED
from pagekeep.cli.lists import gather_lists
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, json_option, print_json
from pagekeep.cli.waiting import tell, wait_for
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.crawl_options import CrawlOptions

PART = 500
"""Snapshots whose tags are read at once."""


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL|FILE]...")
@crawl_options
@parser_option
@click.option("--index-only", is_flag=True, help="Only record the URLs; capture nothing now.")
@click.option(
    "--wait/--no-wait",
    default=True,
    show_default=True,
    help="Follow the crawl until all its pages have ended, or return as soon as they are queued.",
)
@click.option("--only-new/--again", default=None, help="Pass over URLs already archived, or archive them once more.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    urls: tuple[str, ...],
    crawl: CrawlOptions,
    parser: str,
    index_only: bool,
    wait: bool,
    only_new: bool | None,
    as_json: bool,
) -> None:
    """Archive URLs, given as arguments, in files or on standard input (- or a pipe): one per line, a list of links as
    browsers and services export them (bookmarks, feeds, sitemaps, OPML, CSV, JSON, Markdown, HTML, histories), or the
    records that another command prints with --json.

    Where no worker is running the pages are captured right here. Ctrl-C stops looking: the crawl goes on where a
    worker is running, else its pages stay queued. The exit code is 0 if all pages succeeded, 1 if some did not or some
    URLs were refused.

    \b
    pagekeep add https://example.com
    pagekeep add --tag news,2026 < urls.txt
    pagekeep add --depth 2 --scope host --max-urls 500 https://example.com/docs/
    pagekeep add bookmarks.html ~/.mozilla/firefox/*.default*/places.sqlite
    """
    wanted, lists = gather_lists(urls, parser)
    if not (wanted or lists):
        raise BadInput(
            "No URL was given; name URLs or files as arguments or pipe them in, one per line or as a list of links."
        )
    open_archive(create=True)
    waiting = wait and not index_only
    if waiting and not live_workers():
        find_chromium(settings().chromium)  # before anything is queued that could not be captured
    added = add_urls(wanted, lists=lists, user=first_admin(), only_new=only_new, index_only=index_only, **crawl)
    _tell_intake(added, as_json=as_json)
    if not waiting or not added.snapshots:
        for start in range(0, len(added.snapshots), PART):
            part = added.snapshots[start : start + PART]
            prefetch_related_objects(part, "tags")
            for snapshot in part:
                tell(snapshot, as_json=as_json)
        ctx.exit(SOME_FAILED if added.refused else DONE)
    number, refused = len(added.snapshots), len(added.refused)
    ctx.exit(asyncio.run(wait_for(added.crawl.pk, number=number, refused=refused, capture_here=True, as_json=as_json)))


def _tell_intake(added: Added, *, as_json: bool) -> None:
    for url, reason in added.refused:
        if as_json:
            print_json({"type": "refused", "url": url, "reason": reason})
        err.print(f"refused: {reason}", style="red")
    for url in added.known:
        if as_json:
            print_json({"type": "known", "url": url})
        err.print(f"passed over, archived already: {url}")
