"""A worker whose captures do nothing: what it costs is what the queue and the records cost.

    python benchmarks/noop_worker.py TABS noop|records

It works until nothing is left to do and prints how many pages that were and the processor time they took (seconds),
its start not counted. ``noop``
makes no output; ``records`` tells of every step and output as a real visit does, but keeps no bytes.
"""

import asyncio
import os
import sys
import time
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "pagekeep.project.settings"
django.setup()

from pagekeep.capture.protocols import Progress, Sink  # noqa: E402
from pagekeep.capture.values import CaptureRequest, Outcome  # noqa: E402
from pagekeep.domain.results import Result  # noqa: E402
from pagekeep.domain.status import ResultStatus  # noqa: E402
from pagekeep.worker.loop import run_worker  # noqa: E402

STEPS = ("open", "settle", "behaviours", "look", "listen")


class NoOp:
    """Answers at once that the page was captured."""

    def __init__(self, *, records: bool) -> None:
        self._records = records
        self.pages = 0

    async def __aenter__(self) -> "NoOp":
        self.began = time.process_time()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self.began

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        self.pages += 1
        results = tuple(await self._results(request, progress)) if self._records else ()
        return Outcome(True, "", 200, request.url, "Title", results, {})

    async def _results(self, request: CaptureRequest, progress: Progress) -> list[Result]:
        for step in STEPS:
            await progress.step(step)
        made = []
        for plugin in request.plugins:
            await progress.step(plugin)
            now = datetime.now(UTC)
            made.append(Result(plugin, ResultStatus.SUCCEEDED, plugin, now, now))
            await progress.result(made[-1])
        return made


async def main() -> None:
    engine = NoOp(records=sys.argv[2] == "records")
    await run_worker(int(sys.argv[1]), stop=asyncio.Event(), until_idle=True, engine=lambda: engine)
    print(engine.pages, engine.cpu)


if __name__ == "__main__":
    asyncio.run(main())
