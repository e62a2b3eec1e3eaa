"""Whether the engine stays as it was: memory over many pages, and how soon it works again without its browser.

Captures pages at two tabs through one engine and prints the memory of this process and of the browser after each
hundred; then kills the browser, and another time stops it (SIGSTOP), while a page is open, and prints how long it takes
until a page is captured again. Ends with 1 where the last hundred needs over 10 % more memory than the first, or a page
after a kill comes later than after 5 s.

    python benchmarks/soak.py [--pages 300] [--tabs 2]
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from corpora import fetch
from origin import Origin
from pagekeep.capture.engine import Engine
from pagekeep.capture.protocols import Progress
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.domain.errors import BrowserDied
from pagekeep.domain.ids import new_id
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
from processes import browser_processes, pss_megabytes
from rounds import Quiet, Visits

STRIDE = 100
GROWTH = 1.10
# Not that of programs and libraries, of which a smaller share is ours while others on the machine run them too.
MEMORY = ("Pss_Anon", "Pss_Shmem")
REPLACED_SECONDS = 5.0
# The longest a page may take in the last part, so that a stopped browser is noticed soon.
SHORT = Limits(open=3.0, settle=1.0, scroll=2.0, output=3.0)


class Signaller(Quiet):
    """Sends the browser a signal once a page is open."""

    def __init__(self, number: signal.Signals) -> None:
        self.sent_at = 0.0
        self._number = number

    async def step(self, name: str) -> None:
        if name == "settle" and not self.sent_at:
            self.sent_at = time.monotonic()
            for pid in browser_processes():
                os.kill(pid, self._number)


async def soak(visits: Visits, pages: list[str], count: int, tabs: int) -> list[tuple[float, float]]:
    """Capture ``count`` pages; return the memory of own process and browser after each hundred, in MB."""
    seen = []
    print("| pages | own memory | browser's memory |\n|---|---|---|")
    for done in range(STRIDE, count + 1, STRIDE):
        await visits.all([pages[number % len(pages)] for number in range(done - STRIDE, done)], tabs)
        seen.append((pss_megabytes([os.getpid()], MEMORY), pss_megabytes(browser_processes(), MEMORY)))
        print(f"| {done} | {seen[-1][0]:.0f} MB | {seen[-1][1]:.0f} MB |", flush=True)
    return seen


async def recovery(number: signal.Signals, capture: Callable[[Progress], object]) -> float:
    """Signal the browser in the middle of a visit; return the seconds from then until the next page is captured."""
    signaller = Signaller(number)
    while True:
        try:
            outcome = await capture(signaller)  # type: ignore[misc]
        except BrowserDied as error:
            print(f"  {error}")
            continue
        if outcome.succeeded and all(result.status == "succeeded" for result in outcome.results):
            return time.monotonic() - signaller.sent_at
        print(f"  {outcome.reason or 'Some outputs failed.'}")


async def run(count: int, tabs: int) -> bool:
    """Run everything; return whether all is as it should be."""
    corpus = fetch("sqlite3-doc")
    with Origin(corpus.root) as origin, tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
        data = DataDir(Path(folder))
        data.prepare()
        async with Engine() as engine:
            visits = Visits(engine, origin, data)
            seen = await soak(visits, list(corpus.pages), count, tabs)
            url = f"{origin.url}/{corpus.pages[0]}"
            request = CaptureRequest(url, ("title", "dom", "warc"), allow_private=(origin.address,), limits=SHORT)
            times = {}
            for number in (signal.SIGKILL, signal.SIGSTOP):
                print(f"\n{number.name} while a page is open:")
                times[number] = await recovery(
                    number, lambda progress: engine.capture(request, SnapshotFiles(data, new_id()), progress)
                )
                print(f"  the next page was captured after {times[number]:.1f} s")
    for line in visits.failures:
        print("did not succeed:", line)
    first, last = (sum(memory) for memory in (seen[0], seen[-1]))
    print(f"\nThe last {STRIDE} pages need {last / first:.2f} of the memory of the first (at most {GROWTH}).")
    return last <= first * GROWTH and times[signal.SIGKILL] <= REPLACED_SECONDS and not visits.failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300, help=f"a multiple of {STRIDE}")
    parser.add_argument("--tabs", type=int, default=2)
    options = parser.parse_args()
    return 0 if asyncio.run(run(options.pages, options.tabs)) else 1


if __name__ == "__main__":
    sys.exit(main())
