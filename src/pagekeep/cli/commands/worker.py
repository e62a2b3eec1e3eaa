"""``pagekeep worker``"""

import asyncio

import click

from pagekeep.cli.opening import open_archive
from pagekeep.worker.loop import run_worker
from pagekeep.worker.signals import stop_on_signals


@click.command()
@click.option("--tabs", type=click.IntRange(1, 64), help="Pages at the same time; by default PAGEKEEP_TABS.")
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
def command(tabs: int | None, until_idle: bool) -> None:
    """Capture the pages that are queued, until it is stopped (Ctrl-C or SIGTERM).

    Any number of workers may share an archive. A page that a worker has not ended is given back, or taken over by
    another when it dies.
    """
    open_archive(create=True)
    asyncio.run(_work(tabs, until_idle=until_idle))


async def _work(tabs: int | None, *, until_idle: bool) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    await run_worker(tabs, stop=stop, until_idle=until_idle)
