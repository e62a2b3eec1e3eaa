"""``pagekeep add``"""

import asyncio
import logging

import click
from asgiref.sync import sync_to_async

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.models import Snapshot
from pagekeep.archive.progress import live_workers, pages_waiting
from pagekeep.capture.chromium.find import find_chromium
from pagekeep.cli.display import showing
from pagekeep.cli.follow import Following, until_ended
from pagekeep.cli.inputs import gather_texts
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.known_persona import known_persona
from pagekeep.services.tagging import split_tags
from pagekeep.worker.signals import stop_on_signals

SOME_FAILED = 1
STOPPED = 130


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Tag the snapshots; repeat it, or separate by commas."
)
@click.option("--plugins", default="", metavar="NAMES", help="Make only these outputs, separated by commas.")
@click.option("--depth", type=click.IntRange(0, 4), default=0, show_default=True, help="How many links away to go.")
@click.option("--persona", default="", metavar="NAME", help="Visit the pages as this persona, not as Default.")
@click.option("--index-only", is_flag=True, help="Only record the URLs; capture nothing now.")
@click.option("--no-wait", is_flag=True, help="Queue the URLs and return at once; a worker captures them.")
@click.option("--only-new/--again", default=None, help="Pass over URLs already archived, or archive them once more.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    urls: tuple[str, ...],
    tags: tuple[str, ...],
    plugins: str,
    depth: int,
    persona: str,
    index_only: bool,
    no_wait: bool,
    only_new: bool | None,
    as_json: bool,
) -> None:
    """Archive URLs, given as arguments or on standard input (- or a pipe): one per line, or a list of links as
    browsers and services export them (Netscape bookmarks, RSS, Atom, JSON, JSONL).

    Where no worker is running the pages are captured right here. Ctrl-C stops; pages that have not ended stay queued.

    \b
    pagekeep add https://example.com
    pagekeep add --tag news,2026 < urls.txt
    """
    wanted = gather_texts(urls)
    if not wanted:
        raise BadInput("No URL was given; name some as arguments or pipe them in, one per line or as a list of links.")
    open_archive(create=True)
    if not (index_only or no_wait or live_workers()):
        find_chromium(settings().chromium)  # before anything is queued that could not be captured
    added = add_urls(
        wanted,
        user=first_admin(),
        tags=split_tags(",".join(tags)),
        plugins=plugins.split(","),
        depth=depth,
        only_new=only_new,
        index_only=index_only,
        persona=known_persona(persona),
    )
    _tell_intake(added, as_json=as_json)
    if index_only or no_wait or not added.snapshots:
        for snapshot in added.snapshots:
            _tell(snapshot, as_json=as_json)
        ctx.exit(SOME_FAILED if added.refused else 0)
    ctx.exit(asyncio.run(_capture(added, as_json=as_json)))


async def _capture(added: Added, *, as_json: bool) -> int:
    if settings().log_level == "info":
        logging.getLogger("pagekeep").setLevel(logging.WARNING)  # the display tells the same
    stop = asyncio.Event()
    stop_on_signals(stop)
    with showing(len(added.snapshots)) as display:
        following = Following(added.crawl.pk, display, lambda page: _tell(page, as_json=as_json, with_results=True))
        ended = await until_ended(following, stop, capture_here=True)
        if not ended:
            await sync_to_async(following.look)()
    err.print(
        f"{count_text(following.succeeded, 'page')} succeeded, {following.failed} failed, {len(added.refused)} refused."
    )
    if not ended:
        left = await sync_to_async(pages_waiting)(added.crawl.pk)
        err.print(f"Stopped. Still queued: {count_text(left, 'page')}; go on with: {how_to('worker --until-idle')}")
        return STOPPED
    return SOME_FAILED if following.failed or added.refused else 0


def _tell_intake(added: Added, *, as_json: bool) -> None:
    for url, reason in added.refused:
        if as_json:
            print_json({"type": "refused", "url": url, "reason": reason})
        err.print(f"refused: {reason}", style="red")
    for url in added.known:
        if as_json:
            print_json({"type": "known", "url": url})
        err.print(f"passed over, archived already: {url}")


def _tell(snapshot: Snapshot, *, as_json: bool, with_results: bool = False) -> None:
    if as_json:
        print_json(snapshot_json(snapshot, with_results=with_results))
    elif not (with_results and out.is_terminal):  # there the display has told it
        out.print(f"{snapshot.pk} {snapshot.status} {snapshot.url}")
