"""``pagekeep worker``"""

import asyncio
from collections.abc import Sequence

import click

from pagekeep.archive.models import Worker
from pagekeep.archive.worker_queries import find_worker, list_workers, living_workers, pages_held, state_of, why_paused
from pagekeep.capture.priority import give_way
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import required
from pagekeep.cli.printing import count_text, err, json_option, out, print_json
from pagekeep.cli.records import worker_json
from pagekeep.cli.supervise import PULSE_TO, TELL_ORDERS, TOLD_TO_STOP
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput
from pagekeep.services.order_worker import order_worker
from pagekeep.worker.loop import run_worker
from pagekeep.worker.pulse import pulsing
from pagekeep.worker.signals import stop_on_signals

_DONE = {
    "drain": "ends what it holds and takes nothing new until it is resumed",
    "stop": "ends what it holds and then its process",
    "resume": "takes pages again",
}


@click.group(invoke_without_command=True)
@click.option("--tabs", type=click.IntRange(1, 64), help="Pages at the same time; by default PAGEKEEP_TABS.")
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
@click.option(TELL_ORDERS, "tell_orders", is_flag=True, hidden=True)
@click.option(PULSE_TO, "pulse_to", type=int, hidden=True)
@click.pass_context
def command(ctx: click.Context, tabs: int | None, until_idle: bool, tell_orders: bool, pulse_to: int | None) -> None:
    """Capture the pages that are queued, until it is stopped (Ctrl-C or SIGTERM).

    Any number of workers may share an archive. A page that a worker has not ended is given back, or taken over by
    another when it dies. Workers and their browsers leave processor time to whatever else runs on the machine.
    With a command: list the workers that run, or tell one what to do.
    """
    if ctx.invoked_subcommand is not None:
        if tabs or until_idle:
            raise BadInput(f"--tabs and --until-idle belong to a worker that runs, not to {ctx.invoked_subcommand}.")
        return
    open_archive(create=True)
    give_way(settings().worker_niceness)
    told_to_stop = asyncio.run(_work(tabs, pulse_to, until_idle=until_idle))
    if told_to_stop and tell_orders:
        ctx.exit(TOLD_TO_STOP)


async def _work(tabs: int | None, pulse_to: int | None, *, until_idle: bool) -> bool:
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with pulsing(pulse_to):
        return await run_worker(tabs, stop=stop, until_idle=until_idle)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the workers, what each is capturing and how much it has done, lost ones too."""
    open_archive(create=False)
    workers = list(list_workers())
    held = pages_held([worker.pk for worker in workers])
    for worker in workers:
        pages = held.get(worker.pk, [])
        if as_json:
            print_json(worker_json(worker, pages))
            continue
        done = f"{worker.succeeded} succeeded, {worker.failed} failed, {worker.pages_per_minute:g} a minute"
        told = f" (told to {worker.order})" if worker.order else ""
        out.print(f"{worker.pk} {worker} {state_of(worker)}{told}, {count_text(len(pages), 'page')} at work, {done}")
        if why := why_paused(worker):
            out.print(f"  {why}")
        for page in pages:
            out.print(f"  {page['url']} {page['step']}".rstrip())


def _order(name: str, text: str) -> click.Command:
    @click.argument("workers", nargs=-1)
    @click.option("--all", "all_of_them", is_flag=True, help="Every worker that lives.")
    @json_option
    def tell(workers: Sequence[str], all_of_them: bool, as_json: bool) -> None:
        if workers and all_of_them:
            raise BadInput("Name workers, as pagekeep worker list shows them, or give --all.")
        names = [] if all_of_them else required(workers, {"worker": "id"})
        open_archive(create=False)
        chosen: Sequence[Worker] = list(living_workers()) if all_of_them else [find_worker(name) for name in names]
        for worker in chosen:
            told = order_worker(worker.pk, name)
            if as_json:
                print_json(worker_json(told, pages_held([told.pk]).get(told.pk, [])))
            else:
                out.print(f"{told} {_DONE[name]}.")
        if not chosen:
            err.print("There is no worker.")

    return click.command(name, help=f"{text} WORKERS are ids, beginnings of ids, or host:pid.")(tell)


command.add_command(_order("drain", "Have workers end what they hold and take nothing new until they are resumed."))
command.add_command(_order("stop", "Have workers end what they hold and then their process."))
command.add_command(_order("resume", "Take back what workers were told, as long as they have not ended."))
