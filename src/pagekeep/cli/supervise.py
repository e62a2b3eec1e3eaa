"""Server and worker as children of one process: started again when they die, and never left behind."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pagekeep.capture.programs.families import dying_with
from pagekeep.cli.printing import err, how_to
from pagekeep.domain.errors import BadInput, EnvironmentProblem

STOP_SECONDS = 8.0
"""How long children may take to end by themselves."""
LONGEST_PAUSE = 30.0
"""Seconds; a child that dies at once is started again after 1, 2, 4, … seconds, at most this."""
HOPELESS = (BadInput.exit_code, EnvironmentProblem.exit_code)
"""A child that ends so before it was ever steady has said what is wrong; starting it again would not help."""
TELL_ORDERS = "--tell-orders"
"""The option that makes a worker end with :data:`TOLD_TO_STOP` where an order has ended it, else with 0."""
TOLD_TO_STOP = 6
"""A child that ends so was told to by an order; it is not started again."""
_OPTIONS = {"worker": (TELL_ORDERS,)}
STEADY = 60.0
"""A child that has run for so many seconds is no longer counted as one that dies at once."""


class Children:
    """Runs ``pagekeep NAME`` for each name while the block runs; they do not see the terminal's Ctrl-C.

    Attributes:
        problem: the exit code of a child that cannot work on this machine, 0 as long as all do.
    """

    def __init__(self, names: Sequence[str], stop: asyncio.Event) -> None:
        """Prepare them.

        Args:
            stop: set when a child cannot work on this machine.
        """
        self.problem = 0
        self._names, self._stop = names, stop
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for name in self._names:
            await self._start(name)
            self._keepers.append(asyncio.create_task(self._keep(name)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        running = [process for process in self._processes.values() if process.returncode is None]
        for process in running:
            _signal(process, signal.SIGTERM)
        ends = [asyncio.create_task(process.wait()) for process in running]
        if ends:
            _, late = await asyncio.wait(ends, timeout=STOP_SECONDS)
            if late:
                for process in running:
                    with contextlib.suppress(ProcessLookupError):  # its whole group has ended
                        os.killpg(process.pid, signal.SIGKILL)
                await asyncio.wait(late)

    async def _start(self, name: str) -> None:
        self._processes[name] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "pagekeep.cli.main",
            name,
            *_OPTIONS.get(name, ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dying_with(os.getpid()),
        )

    async def _keep(self, name: str) -> None:
        pause, was_steady = 1.0, False
        while True:
            started = time.monotonic()
            code = await self._processes[name].wait()
            if time.monotonic() - started > STEADY:
                pause, was_steady = 1.0, True
            if code in HOPELESS and not was_steady:
                self.problem = code
                self._stop.set()
                return
            if code == TOLD_TO_STOP:
                err.print(f"The {name} has ended as it was told to; start another with: {how_to(name)}")
                return
            err.print(f"The {name} has ended unexpectedly ({_ending(code)}); it is started again in {pause:g} s.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            await self._start(name)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself just now
        process.send_signal(number)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
