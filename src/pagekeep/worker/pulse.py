"""The sign that a worker does not hang: its event loop still turns, whatever the database does.

A worker whose loop stands still renews no lease and ends nothing. It ends its own process then, with what each thread
was doing in its log; its supervisor, if it has one, starts another, and ends one that cannot even do that (stopped by a
signal, stuck in the kernel).
"""

import asyncio
import contextlib
import faulthandler
import os
from collections.abc import AsyncIterator

from pagekeep.config.load import settings

LONGEST = 5.0
"""Seconds between two signs, at most: a third of the lease where that is less."""
HUNG_LEASES = 3
"""After how many leases without a sign a worker counts as hung: others have taken its pages over long before."""


def pulse_seconds() -> float:
    """Return the time between two signs (seconds)."""
    return min(LONGEST, settings().lease_seconds / 3)


def hung_seconds() -> float:
    """Return how long a worker may give no sign (seconds)."""
    return float(settings().lease_seconds * HUNG_LEASES)


@contextlib.asynccontextmanager
async def pulsing(pipe: int | None) -> AsyncIterator[None]:
    """Give signs while the block runs; end this process if the event loop stands still for `hung_seconds`.

    Args:
        pipe: the writing end of the supervisor's pipe; None where nobody listens.
    """
    beating = asyncio.create_task(_beat(pipe))
    try:
        yield
    finally:
        beating.cancel()
        faulthandler.cancel_dump_traceback_later()


async def _beat(pipe: int | None) -> None:
    if pipe is not None:
        os.set_blocking(pipe, False)
    while True:
        faulthandler.dump_traceback_later(hung_seconds(), exit=True)  # needs neither the loop nor the interpreter
        if pipe is not None:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):  # nobody has read for long, or ever will
                os.write(pipe, b".")
        await asyncio.sleep(pulse_seconds())
