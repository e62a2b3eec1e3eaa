"""Waiting for a crawl: its pages are shown as they end, and the exit code tells what came of them."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

from asgiref.sync import sync_to_async

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.progress import live_workers, open_pages
from pagekeep.cli.display import showing
from pagekeep.cli.exit_codes import DONE, SOME_FAILED, STOPPED
from pagekeep.cli.follow import Following, until_ended
from pagekeep.cli.printing import count_text, err, how_to, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.config.load import settings
from pagekeep.worker.signals import stop_on_signals


async def wait_for(
    crawl_id: UUID,
    *,
    number: int,
    refused: int,
    capture_here: bool,
    as_json: bool,
    ended: tuple[int, int, int] = (0, 0, 0),
    since: datetime | None = None,
) -> int:
    """Show the pages of a crawl until all have ended, and return the exit code. Ctrl-C leaves the crawl as it is.

    Args:
        number: how many pages it has.
        refused: how many of the URLs that were asked for it did not take; the exit code tells that.
        capture_here: capture the pages in this process where no worker does.
        ended: how many of them have succeeded, failed and been cancelled already, which are not shown again.
        since: when those were counted.

    Raises:
        EnvironmentProblem: this machine cannot capture. The pages stay queued.
    """
    if capture_here and settings().log_level == "info":
        logging.getLogger("pagekeep").setLevel(logging.WARNING)  # the display tells the same
    stop = asyncio.Event()
    stop_on_signals(stop)
    try:
        with showing(number, ended=sum(ended)) as display:
            following = Following(crawl_id, display, lambda page: tell(page, as_json=as_json, with_results=True), since)
            following.succeeded, following.failed, following.cancelled = ended
            is_over = await until_ended(following, stop, capture_here=capture_here)
            if not is_over:
                await sync_to_async(following.look)()
    except BrokenPipeError:  # nobody reads any more what becomes of the pages
        await sync_to_async(_tell_how_to_go_on)(crawl_id)
        raise
    failed = f"{following.failed} failed" + (f", {following.cancelled} cancelled" if following.cancelled else "")
    told = await Crawl.objects.only("num_refused").filter(pk=crawl_id).afirst()
    not_taken = told.num_refused if told else refused  # links among them
    err.print(f"{count_text(following.succeeded, 'page')} succeeded, {failed}, {not_taken} refused.")
    if not is_over:
        await sync_to_async(_tell_how_to_go_on)(crawl_id)
        return STOPPED
    return SOME_FAILED if following.failed or following.cancelled or refused else DONE


def tell(snapshot: Snapshot, *, as_json: bool, with_results: bool = False) -> None:
    """Print a snapshot to stdout, unless it was shown on the terminal already."""
    if as_json:
        print_json(snapshot_json(snapshot, with_results=with_results))
    elif not (with_results and out.is_terminal):  # there the display has told it
        out.print(f"{snapshot.pk} {snapshot.status} {snapshot.url}")


def _tell_how_to_go_on(crawl_id: UUID) -> None:
    left = open_pages(crawl_id)
    err.print(f"Stopped looking. To cancel the crawl: {how_to(f'crawl seal {crawl_id}')}")
    if left.is_paused:
        err.print(f"Paused: {count_text(left.paused, 'page')}; go on with: {how_to(f'crawl resume {crawl_id}')}")
    elif live_workers():
        err.print(f"It goes on; {count_text(left.waiting, 'page')} left. Follow: {how_to(f'crawl follow {crawl_id}')}")
    else:
        err.print(f"Still queued: {count_text(left.waiting, 'page')}; go on with: {how_to('worker --until-idle')}")
