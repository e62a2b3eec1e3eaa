"""Server and worker as children of one process: started again when they die or hang, and never left behind."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pagekeep.capture.programs.families import dying_with
from pagekeep.cli.printing import how_to, tell
from pagekeep.domain.errors import BadInput, EnvironmentProblem
from pagekeep.worker.pulse import hung_seconds, pulse_seconds

STOP_SECONDS = 8.0
"""How long children may take to end by themselves."""
LONGEST_PAUSE = 30.0
"""Seconds; a child that dies at once is started again after 1, 2, 4, … seconds, at most this."""
HOPELESS = (BadInput.exit_code, EnvironmentProblem.exit_code)
"""A child that ends so at its first start has said what is wrong; starting it again would not help."""
TELL_ORDERS = "--tell-orders"
"""The option that makes a worker end with :data:`TOLD_TO_STOP` where an order has ended it, else with 0."""
PULSE_TO = "--pulse-to"
"""The option that names the pipe to which a worker writes as long as it does not hang."""
TOLD_TO_STOP = 6
"""A child that ends so was told to by an order; it is not started again."""
STEADY = 5.0
"""A child that has run for so many seconds is no longer counted as one that dies at once."""
WORKS = 60.0
"""A child that has run for so many seconds can work on this machine."""
_SLACK = 5.0
"""Seconds a hung worker has to end by itself, which tells more."""


@dataclass(slots=True)
class Child:
    """A command that is kept running.

    Attributes:
        name: what people call it, and the command.
        options: of the command.
        has_pulse: it tells all the time that it does not hang.
        is_needed: without it the others are of no use.
    """

    name: str
    options: tuple[str, ...] = ()
    has_pulse: bool = False
    is_needed: bool = True
    process: asyncio.subprocess.Process | None = None
    pulse: "_Pulse | None" = None
    keeping: "asyncio.Task[None] | None" = None


def the_server() -> Child:
    """Return the process that answers requests."""
    return Child("server", ("--no-worker",))


def the_worker(*, is_needed: bool) -> Child:
    """Return the process that captures pages."""
    return Child("worker", (TELL_ORDERS,), has_pulse=True, is_needed=is_needed)


class Children:
    """Runs ``pagekeep`` commands while the block runs; they do not see the terminal's Ctrl-C.

    Attributes:
        problem: the exit code of a child that is needed and cannot work on this machine, 0 as long as all do.
    """

    def __init__(self, children: Sequence[Child], stop: asyncio.Event) -> None:
        """Prepare them.

        Args:
            stop: set when a child that is needed cannot work on this machine.
        """
        self.problem = 0
        self._children, self._stop = children, stop

    async def __aenter__(self) -> Self:
        for child in self._children:
            child.keeping = asyncio.create_task(self._keep(child, await _start(child)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        keepers = [child.keeping for child in self._children if child.keeping]
        for keeper in keepers:
            keeper.cancel()
        if keepers:
            await asyncio.wait(keepers)
        running = [child.process for child in self._children if child.process and child.process.returncode is None]
        for process in running:
            _signal(process, signal.SIGTERM)
        ends = [asyncio.create_task(process.wait()) for process in running]
        if ends:
            _, late = await asyncio.wait(ends, timeout=STOP_SECONDS)
            if late:
                for process in running:
                    _kill_group(process)
                await asyncio.wait(late)
        for child in self._children:
            if child.pulse is not None:
                child.pulse.close()

    async def _keep(self, child: Child, process: asyncio.subprocess.Process) -> None:
        pause, has_worked = 1.0, False
        while True:
            started = time.monotonic()
            code, hung = await _end(process, child.pulse)
            lived = time.monotonic() - started
            if lived > STEADY:
                pause = 1.0
            has_worked = has_worked or lived > WORKS
            if code == TOLD_TO_STOP:
                tell(f"The {child.name} has ended as it was told to; start another with: {how_to(child.name)}")
                return
            how = f"has ended unexpectedly ({_ending(code)})"
            if hung:
                how = f"has not moved for {hung:.0f} s and was ended"
            elif code in HOPELESS and not has_worked:
                if child.is_needed:
                    self.problem = code
                    self._stop.set()
                    return
                how, pause = "cannot work on this machine", LONGEST_PAUSE
            has_worked = has_worked or code not in HOPELESS
            tell(f"The {child.name} {how}; it is started again in {pause:g} s.", logging.WARNING)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            process = await _start(child)


class _Pulse:
    """The reading end of a worker's pulse."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        self.last: float | None = None
        os.set_blocking(self._reader, False)
        asyncio.get_running_loop().add_reader(self._reader, self._heard)

    def _heard(self) -> None:
        if os.read(self._reader, 4096):
            self.last = time.monotonic()
        else:
            self.close()

    def silence(self) -> float:
        """Return for how long nothing was heard (seconds); 0 before the first sign."""
        return 0.0 if self.last is None else time.monotonic() - self.last

    def close(self) -> None:
        """Listen no more."""
        if self._reader >= 0:
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)
            self._reader = -1


async def _start(child: Child) -> asyncio.subprocess.Process:
    options: tuple[str, ...] = child.options
    passed: tuple[int, ...] = ()
    if child.pulse is not None:
        child.pulse.close()
        child.pulse = None
    if child.has_pulse:
        child.pulse = _Pulse()
        passed = (child.pulse.writer,)
        options = (*options, f"{PULSE_TO}={child.pulse.writer}")
    try:
        child.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "pagekeep.cli.main",
            child.name,
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=passed,
            preexec_fn=dying_with(os.getpid()),
        )
    finally:
        if child.pulse is not None:
            os.close(child.pulse.writer)
    return child.process


async def _end(process: asyncio.subprocess.Process, pulse: _Pulse | None) -> tuple[int, float]:
    """Wait for the end of a child; return its exit code and, where it hung and was killed, for how long it had."""
    ending = asyncio.create_task(process.wait())
    try:
        while True:
            done, _ = await asyncio.wait({ending}, timeout=pulse_seconds())
            silent = pulse.silence() if pulse is not None else 0.0
            if done:
                return ending.result(), 0.0
            if silent > hung_seconds() + _SLACK:
                _kill_group(process)
                return await ending, silent
    finally:
        ending.cancel()


def _kill_group(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # its whole group has ended
        os.killpg(process.pid, signal.SIGKILL)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself just now
        process.send_signal(number)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
