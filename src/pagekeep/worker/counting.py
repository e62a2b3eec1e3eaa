"""What a worker counts while it captures: how fast it is, and how often each program was of use."""

import time
from collections import deque

from pagekeep.capture.programs.installed import program_of
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.errors import BrowserDied
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.add_tallies import BROWSER_DIED, Tallies
from pagekeep.services.count_uses import MACHINE, Uses
from pagekeep.services.run_capture import CaptureEngine

WINDOW = 300.0
"""Seconds over which the speed is averaged; a worker that is younger than a minute counts as one minute old."""
_BROWSER = "chromium"
_TOLD = (ResultStatus.SUCCEEDED, ResultStatus.FAILED)


class Speed:
    """Pages per minute over the last five minutes."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._ends: deque[float] = deque()

    def page_ended(self) -> None:
        """Note that a page has ended just now."""
        self._ends.append(time.monotonic())

    def per_minute(self) -> float:
        """Return the average."""
        now = time.monotonic()
        while self._ends and self._ends[0] < now - WINDOW:
            self._ends.popleft()
        return round(len(self._ends) * 60 / max(60.0, min(WINDOW, now - self._since)), 2)


class CountingEngine:
    """The engine inside, counting what each visit has used."""

    def __init__(self, engine: CaptureEngine) -> None:
        self.uses: Uses = Uses()
        self.tallies = Tallies()
        self._engine = engine

    def take(self) -> tuple[Uses, Tallies]:
        """Return what was counted since the last time."""
        taken = self.uses, self.tallies
        self.uses, self.tallies = Uses(), Tallies()
        return taken

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        """Visit one URL.

        Raises:
            BrowserDied, EnvironmentProblem
        """
        started = time.monotonic()
        try:
            outcome = await self._engine.capture(request, sink, progress)
        except BrowserDied:
            self.uses[_BROWSER, False] += 1
            self.tallies.add_capture(time.monotonic() - started, BROWSER_DIED)
            raise
        status = SnapshotStatus.SUCCEEDED if outcome.succeeded else SnapshotStatus.FAILED
        self.tallies.add_capture(time.monotonic() - started, status, outcome.results)
        self.uses[MACHINE, outcome.succeeded] += 1
        self.uses[_BROWSER, True] += 1
        for result in outcome.results:
            if result.status in _TOLD and (program := program_of(result.plugin)):
                self.uses[program, result.status == ResultStatus.SUCCEEDED] += 1
        return outcome
