"""One warm Chromium for all pages, and another in its place before it is worn out, or once it has died.

A browser grows with its pages and its age, and what leaks in it stays. So after so many pages, so much time or at such
a size the next page goes to a new one; the old one ends when its last page does. No page is interrupted.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from pagekeep.capture.chromium.launch import Chromium
from pagekeep.capture.targets import Targets

log = logging.getLogger(__name__)

READY_SECONDS = 30.0
_MEASURE_EVERY = 5.0
_OF_A_PAGE = b"--type=renderer"


@dataclass(frozen=True, slots=True)
class Wear:
    """How much a browser may do before another takes its place.

    Attributes:
        pages: how many it opens.
        seconds: how long it takes new ones.
        memory: what it may take beside its open pages' own processes (bytes).
    """

    pages: int = 500
    seconds: float = 3600.0
    memory: int = 1 << 30


class WarmBrowser:
    """Lends the browser that is warm. Close it in the end.

    Args:
        start: launches a browser.
        wear: when another takes its place.
    """

    def __init__(self, start: Callable[[], Awaitable[Chromium]], wear: Wear) -> None:
        self._start, self._wear = start, wear
        self._current: _Running | None = None
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._retired: set[_Running] = set()

    @property
    def browser(self) -> Chromium | None:
        """The browser that takes new pages, None before the first and after the end."""
        return self._current.chromium if self._current else None

    async def ready(self) -> None:
        """Have a browser that is warm.

        Raises:
            EnvironmentProblem: it does not start.
        """
        await self._ready()

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[tuple[Chromium, Targets]]:
        """Lend a browser to one page.

        Raises:
            EnvironmentProblem: it does not start.
        """
        running = await self._ready()
        running.pages += 1
        running.open += 1
        try:
            yield running.chromium, running.targets
        finally:
            running.open -= 1
            if running in self._retired and not running.open:
                self._end(running)

    async def close(self) -> None:
        """End all browsers, whatever they have open."""
        for running in [*self._retired, *([self._current] if self._current else [])]:
            self._end(running)
        self._current = None
        while self._closing:
            await asyncio.wait(self._closing)

    async def _ready(self) -> "_Running":
        async with self._starting:
            current = self._current
            if current is not None and (why := await self._why_not(current)):
                log.log(logging.INFO if current.chromium.alive else logging.WARNING, "Another browser: %s", why)
                self._current = None
                self._retired.add(current)
                if not current.open or not current.chromium.alive:
                    self._end(current)
            if self._current is None:
                self._current = await self._launch()
            return self._current

    async def _why_not(self, running: "_Running") -> str:
        """Return why a browser takes no more pages, or an empty string."""
        if not running.chromium.alive:
            return "the last one has died"
        if running.pages >= self._wear.pages:
            return f"the last one has opened {running.pages} pages"
        if (age := time.monotonic() - running.since) > self._wear.seconds:
            return f"the last one has run for {age:.0f} s"
        if time.monotonic() >= running.measure_at:
            running.measure_at = time.monotonic() + _MEASURE_EVERY
            size = await asyncio.to_thread(own_memory, running.chromium.process.pid)
            if size > self._wear.memory:
                return f"the last one takes {size >> 20} MiB beside its pages"
        return ""

    async def _launch(self) -> "_Running":
        browser = await self._start()
        targets = Targets(browser.connection)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await targets.watch()
        except BaseException:
            await browser.close()
            raise
        now = time.monotonic()
        return _Running(browser, targets, since=now, measure_at=now + _MEASURE_EVERY)

    def _end(self, running: "_Running") -> None:
        """Close a browser beside whatever else goes on."""
        self._retired.discard(running)
        closing = asyncio.get_running_loop().create_task(running.chromium.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


@dataclass(slots=True, eq=False)
class _Running:
    """A browser, how many pages it has open and has opened, and when it was started and is measured next."""

    chromium: Chromium
    targets: Targets
    since: float
    measure_at: float
    pages: int = 0
    open: int = 0


def own_memory(session: int) -> int:
    """Return what the processes of a browser take (bytes), those of its pages and what they share left out.

    Args:
        session: its process id, which leads the session (setsid(2)) of all its processes.
    """
    size = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it ends while we look
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) != session:
                continue
            if _OF_A_PAGE not in (folder / "cmdline").read_bytes():  # which Chromium writes anew, with spaces
                size += _anonymous(folder)
    return size


def _anonymous(folder: Path) -> int:
    """Return the memory of a process that is no file's and no other's (proc_pid_status(5), bytes)."""
    for line in (folder / "status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0
