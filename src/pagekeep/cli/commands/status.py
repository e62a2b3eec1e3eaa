"""``pagekeep status``"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from rich.live import Live

from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import json_option, out, print_json
from pagekeep.cli.status_facts import Status, look, status_json
from pagekeep.cli.status_view import status_lines, status_view


@click.command()
@click.option("--watch", is_flag=True, help="Keep showing it, until Ctrl-C.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks.",
)
@json_option
def command(watch: bool, interval: float, as_json: bool) -> None:
    """Show how much is archived, and what is going on: crawls, pages a minute, the steps of the pages at work, workers,
    and the disk.

    With --watch a terminal shows it live; with --watch --json each look is a line.
    """
    open_archive(create=False)
    # In a file or a pipe the same lines over and over would be of no use: there --watch is for --json.
    with _until_stopped():
        if as_json:
            for status in _looks(interval) if watch else [look()]:
                print_json(status_json(status))
        elif watch and out.is_terminal:
            # Each frame is one write, drawn over the last one, and only when it is whole: nothing flickers.
            with Live(console=out, auto_refresh=False, vertical_overflow="crop") as live:
                for status in _looks(interval):
                    live.update(status_view(status), refresh=True)
        elif out.is_terminal:
            out.print(status_view(look()), soft_wrap=False)
        else:
            for line in status_lines(look()):
                out.print(line)


def _looks(interval: float) -> Iterator[Status]:
    """Yield how things stand, every so many seconds."""
    while True:
        yield look()
        time.sleep(interval)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Run the block until Ctrl-C or SIGTERM, which are how it is meant to end: the terminal is left as it was."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield
