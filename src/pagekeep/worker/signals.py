"""SIGINT and SIGTERM: the first asks the worker to stop, the second ends the process at once."""

import asyncio
import os
import signal


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set ``stop`` at the first SIGINT or SIGTERM; end the process at the next.

    Call it in the main thread, in the loop that waits for ``stop``. The browser ends by itself when its pipes close.
    """
    loop = asyncio.get_running_loop()

    def received(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, received, number)
