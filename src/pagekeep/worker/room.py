"""Whether there is room on the disk for another page."""

import asyncio
import logging
import time

from pagekeep.domain.errors import DiskFull, EnvironmentProblem
from pagekeep.services.watch_space import space_shortage

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the disk."""
AFTER_FULL = 10.0
"""Seconds to wait, at least, once a page was too much for the disk: of a quota nobody tells how much of it is left."""


class Room:
    """What is known of the disk.

    Attributes:
        shortage: why no page may be taken now, in a sentence; empty where there is room.
    """

    def __init__(self) -> None:
        self.shortage = ""
        self._look_at = self._full_until = float("-inf")
        self._met = ""

    async def look(self) -> bool:
        """Look at the disk if it is time to; return whether a page may be taken."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY
            try:
                shortage = await asyncio.to_thread(space_shortage)
            except EnvironmentProblem as problem:  # a network disk that is away for now
                shortage = str(problem)
            self._note(shortage or (self._met if time.monotonic() < self._full_until else ""))
        return not self.shortage

    def met_full_disk(self, error: DiskFull) -> None:
        """Take no page for a while: one was too much for the disk."""
        self._full_until = time.monotonic() + AFTER_FULL
        self._met = f"Something was too much for the disk: {error}"
        self._look_at = float("-inf")

    def _note(self, shortage: str) -> None:
        if shortage and not self.shortage:
            log.warning("Paused: %s", shortage)
        elif self.shortage and not shortage:
            log.warning("There is room again; captures go on")
        self.shortage = shortage
