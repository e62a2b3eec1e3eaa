"""One pass over pages with the real engine, browser and storage, and what it cost."""

import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from origin import Origin
from pagekeep.capture.engine import Engine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.behaviours import DEFAULT_BEHAVIOURS
from pagekeep.domain.ids import new_id
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
from processes import PeakMemory, browser_processes, cpu_seconds

# The cheapest visit there can be: open, title, DOM, links.
BARE = ("title", "dom", "outlinks")
SETS = {"bare": BARE, "full": DEFAULT_PLUGINS}
# What an ordinary page may have nothing of.
MAY_BE_EMPTY = frozenset({"sslcerts", "consolelog", "redirects", "favicon", "media", "git", "static"})


@dataclass(slots=True)
class Round:
    """Figures of one pass.

    Attributes:
        browser_cpu, own_cpu: seconds per page.
        peak_memory: MB of PSS, own process and browser together.
        kept: bytes on disk per page.
        steps: seconds each step took on each page.
        failures: what did not succeed, one line each.
        twice: what was asked of the origin more than once in one visit; known at one tab only.
    """

    pages_per_minute: float
    browser_cpu: float
    own_cpu: float
    peak_memory: float
    kept: float
    steps: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """CPU-seconds per page, browser and own together."""
        return self.browser_cpu + self.own_cpu


class Quiet:
    """Watches a visit and says nothing."""

    async def step(self, name: str) -> None: ...

    async def result(self, result: Result) -> None: ...

    async def answered(self, status: int) -> None: ...

    async def linked(self, final_url: str) -> None: ...

    def note(self, line: str) -> None: ...


class Visits:
    """Captures pages of an origin into a data directory, with one engine."""

    def __init__(self, engine: Engine, origin: Origin, data: DataDir, plugins: Sequence[str] = DEFAULT_PLUGINS) -> None:
        self.steps: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.twice: list[str] = []
        self._engine, self._origin, self._data, self._plugins = engine, origin, data, tuple(plugins)

    async def one(self, page: str) -> tuple[Outcome, SnapshotFiles]:
        """Capture a page and return what came of it, and where it is kept."""
        # A bare load does nothing to the page.
        behaviours = () if self._plugins == BARE else DEFAULT_BEHAVIOURS
        request = CaptureRequest(
            f"{self._origin.url}/{page}",
            self._plugins,
            allow_private=(self._origin.address,),
            behaviours=behaviours,
        )
        files = SnapshotFiles(self._data, new_id())
        outcome = await self._engine.capture(request, files, Quiet())
        for name, seconds in outcome.step_seconds.items():
            self.steps[name].append(seconds)
        self.failures += [f"{page}: {line}" for line in failures(outcome, self._plugins)]
        return outcome, files

    async def all(self, pages: Sequence[str], tabs: int) -> None:
        """Capture every page, ``tabs`` at a time."""
        queue = list(pages)

        async def tab() -> None:
            while queue:
                page, mark = queue.pop(0), self._origin.mark()
                await self.one(page)
                if tabs == 1:
                    self.twice += [f"{page}: {request}" for request in self._origin.twice_since(mark)]

        await asyncio.gather(*(tab() for _ in range(tabs)))


def failures(outcome: Outcome, plugins: Sequence[str]) -> list[str]:
    """Return what went wrong in a visit, one line for each output that is not as it should be."""
    wrong = [] if outcome.succeeded else [outcome.reason]
    results = {result.plugin: result for result in outcome.results}
    for plugin in plugins:
        result = results.get(plugin)
        empty = result is not None and result.status in (ResultStatus.SKIPPED, ResultStatus.NORESULTS)
        if result is None:
            wrong.append(f"{plugin} was not made")
        elif result.status is not ResultStatus.SUCCEEDED and not (empty and plugin in MAY_BE_EMPTY):
            wrong.append(f"{plugin} {result.status}: {result.summary}")
    return wrong


async def run_round(origin: Origin, pages: Sequence[str], plugins: Sequence[str], tabs: int) -> Round:
    """Capture every page once, ``tabs`` at a time, in a new data directory and a browser that has seen one page."""
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
        warm, data = DataDir(Path(folder, "warm")), DataDir(Path(folder, "data"))
        warm.prepare()
        data.prepare()
        async with Engine() as engine:
            await Visits(engine, origin, warm, plugins).one(pages[0])
            visits = Visits(engine, origin, data, plugins)
            with PeakMemory() as memory:
                own, browser = time.process_time(), cpu_seconds(browser_processes())
                started = time.monotonic()
                await visits.all(pages, tabs)
                seconds = time.monotonic() - started
                own, browser = time.process_time() - own, cpu_seconds(browser_processes()) - browser
        kept = bytes_on_disk(Path(folder, "data"))
    count = len(pages)
    return Round(
        pages_per_minute=count / seconds * 60,
        browser_cpu=browser / count,
        own_cpu=own / count,
        peak_memory=memory.megabytes,
        kept=kept / count,
        steps=dict(visits.steps),
        failures=visits.failures,
        twice=visits.twice,
    )


async def tall_pages(origin: Origin, pages: Sequence[str]) -> list[str]:
    """Return the pages that are taller than a screenshot may be."""
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
        data = DataDir(Path(folder))
        data.prepare()
        async with Engine() as engine:
            visits = Visits(engine, origin, data, ("screenshot",))
            outcomes = [(page, (await visits.one(page))[0]) for page in pages]
    return [page for page, outcome in outcomes if any("cut from" in result.summary for result in outcome.results)]


def bytes_on_disk(folder: Path) -> int:
    """Return the bytes of all files below ``folder``, each counted once however many names it has."""
    sizes: dict[int, int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            stat = Path(parent, name).lstat()
            sizes[stat.st_ino] = stat.st_size
    return sum(sizes.values())
