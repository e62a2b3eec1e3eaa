"""What URLs of files cost without a browser and with one.

Captures the same files by URLs that end as files do, which are fetched plainly, and by URLs that do not, for which a
page is opened. The rounds take turns. Prints medians as Markdown. Ends with 1 if an output failed or a file was asked
for twice.

    python benchmarks/files.py [--rounds 3] [--files 60] [--tabs 1,2]
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from origin import Origin
from rounds import Round, run_round

PLUGINS = ("headers", "static", "har", "warc", "wacz", "hashes")
SIZES = (4 << 10, 100 << 10, 2 << 20)


def make_files(folder: Path, number: int) -> dict[str, list[str]]:
    """Write files of three sizes under two names each; return the names by how they are fetched."""
    dice, names = random.Random(7), defaultdict(list)
    for place in range(number):
        data = dice.randbytes(SIZES[place % len(SIZES)])
        for kind, name in (("plain", f"{place}.zip"), ("browser", f"{place}")):
            (folder / name).write_bytes(data)
            names[kind].append(name)
    return names


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--tabs", default="1,2")
    chosen = parser.parse_args()
    tabs = [int(text) for text in chosen.tabs.split(",")]
    found: dict[tuple[str, int], list[Round]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
        names = make_files(Path(folder), chosen.files)
        with Origin(Path(folder)) as origin:
            for _ in range(chosen.rounds):
                for count in tabs:
                    for kind, pages in names.items():
                        found[kind, count].append(asyncio.run(run_round(origin, pages, PLUGINS, count)))
    print("| fetched by | tabs | files/minute | CPU-s/file (own part) | peak PSS |\n|---|---|---|---|---|")
    for (kind, count), rounds in sorted(found.items()):
        rate, cpu, own, memory = (
            statistics.median(getattr(each, name) for each in rounds)
            for name in ("pages_per_minute", "cpu", "own_cpu", "peak_memory")
        )
        print(f"| {kind} | {count} | {rate:.0f} | {cpu:.3f} ({own:.3f}) | {memory:.0f} MB |")
    wrong = [line for rounds in found.values() for each in rounds for line in (*each.failures, *each.twice)]
    print("\n".join(wrong[:20]), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
