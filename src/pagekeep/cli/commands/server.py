"""``pagekeep server``"""

import asyncio
import importlib
import logging
import os
from threading import Thread
from typing import Any

import click
from django.db import connections
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from pagekeep.capture.programs.families import die_with_parent
from pagekeep.cli.opening import open_archive
from pagekeep.cli.ports import usable_port, web_address
from pagekeep.cli.printing import tell
from pagekeep.cli.supervise import Children, the_server, the_worker
from pagekeep.config.declarations import PREFIX, Settings
from pagekeep.config.load import settings
from pagekeep.services.listeners import listening
from pagekeep.services.note_machine import note_machine, note_programs
from pagekeep.worker.signals import stop_on_signals

log = logging.getLogger(__name__)

STOP_SECONDS = 5
"""How long requests may take to end once the server is asked to stop."""


@click.command()
@click.option(
    "--worker/--no-worker",
    "with_worker",
    default=None,
    help="Whether a worker is started; by default PAGEKEEP_SERVER_WORKER.",
)
@click.pass_context
def command(ctx: click.Context, with_worker: bool | None) -> None:
    """Serve the web pages and the API, and capture what is queued, until it is stopped (Ctrl-C or SIGTERM).

    PAGEKEEP_HOST, PAGEKEEP_PORT and PAGEKEEP_SERVER_THREADS say where and how; pagekeep config shows them all. Pages
    are captured by a worker that the server starts and watches; with --no-worker by those you start with pagekeep
    worker.
    """
    own = settings()
    port = usable_port(own.host, own.port)
    open_archive(create=True)
    if own.server_worker if with_worker is None else with_worker:
        os.environ[f"{PREFIX}PORT"] = str(port)
        os.environ[f"{PREFIX}DATA_DIR"] = str(own.data_dir)
        ctx.exit(asyncio.run(_serve_and_capture()))
    _serve(own, port)


async def _serve_and_capture() -> int:
    """Watch over server and worker until a signal comes; return the exit code."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with Children((the_server(), the_worker(is_needed=False)), stop) as children:
        await stop.wait()
    return children.problem


def _serve(own: Settings, port: int) -> None:
    # The process that answers is a fork of this one: it must not inherit an open database.
    connections.close_all()
    server = Server(
        "pagekeep.project.wsgi:application",
        address=own.host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=own.server_processes,
        blocking_threads=own.server_threads,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "loggers": {"_granian": {"propagate": True}}},
        log_access=False,
    )
    with listening(own.host, port):
        tell(f"Serving the archive at {own.base_url or web_address(own.host, port)}")
        server.serve(target_loader=_Loader(os.getpid()))


class _Loader:
    """Loads the application in the process that answers requests, and ties its life to this one's."""

    def __init__(self, parent: int) -> None:
        self._parent = parent

    def __call__(self, target: str) -> Any:
        die_with_parent(self._parent)
        module, name = target.split(":")
        application = getattr(importlib.import_module(module), name)
        Thread(target=_note, daemon=True).start()
        return application


def _note() -> None:
    """Record machine and programs beside the first answers: a browser's file alone takes a second to read."""
    try:
        note_machine()
        note_programs()
    except Exception:
        log.exception("This machine could not be recorded; a worker, or the next start, tries it again")
    finally:
        connections.close_all()
