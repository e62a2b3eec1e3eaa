"""A crawl of 10,000 pages of a site full of traps: whether it ends within its limits, politely, every URL explained.

The site (`tests/testsite/traps.py`) has a calendar without end, session ids, endless and repeating folders, chains and
loops of redirects, slow and busy hosts, a robots.txt, files and walls, at eight hosts of this machine. A real worker
crawls it with a real browser. Ends with 1 where something does not hold.

    python benchmarks/traps.py [--pages 10000] [--tabs 4] [--delay 0.2]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from testsite.trap_server import TrapSite  # noqa: E402
from trap_crawl import CHECKS, Crawled, crawl_traps  # noqa: E402

HOURS = 6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--tabs", type=int, default=4)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds between two visits to a host")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder, TrapSite(options.pages, Path(folder)) as site:
        began = time.monotonic()
        crawled = crawl_traps(
            site,
            Path(folder),
            max_urls=options.pages,
            tabs=options.tabs,
            delay=options.delay,
            seconds=HOURS * 3600,
        )
        tell(crawled, time.monotonic() - began)
        found = [holds(check, crawled) for check in CHECKS]
        return 0 if all(found) else 1


def tell(crawled: Crawled, seconds: float) -> None:
    """Print what came of the crawl."""
    print(f"{len(crawled.pages)} pages in {seconds / 60:.0f} minutes: {dict(crawled.statuses())}")
    print(f"refused: {crawled.crawl['num_refused']}, listed {dict(Counter(one['rule'] for one in crawled.refused))}\n")
    print("| host | visits | least pause between two (s) | median |")
    print("|---|---|---|---|")
    for kind, visits in crawled.visits().items():
        pauses = [other.at - one.at for one, other in pairwise(visits)] or [0.0]
        print(f"| {kind} | {len(visits)} | {min(pauses):.3f} | {statistics.median(pauses):.3f} |")
    print()


def holds(check: Callable[[Crawled], None], crawled: Crawled) -> bool:
    """Print whether a check holds, and return it."""
    name = check.__doc__ or check.__name__
    try:
        check(crawled)
    except AssertionError as error:
        print(f"NOT: {name} {error}")
        return False
    print(f"holds: {name}")
    return True


if __name__ == "__main__":
    sys.exit(main())
