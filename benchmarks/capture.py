"""How fast, and at what cost, pages become archived outputs.

Captures pages of real documentation and of a JavaScript app, served by this machine, with the real engine, browser and
storage: the full default set beside a bare page load (open, title, DOM, links), at one, two and four tabs, all
interleaved in one run so that a noisy machine disturbs them alike. Pages taller than a screenshot may be are measured
apart. Prints medians of the rounds as Markdown. Ends with 1 if an output failed or something was requested twice.

    python benchmarks/capture.py [--rounds 5] [--tabs 1,2,4] [--corpus NAME]... [--pages N] [--json FILE] [--plot FILE]
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from corpora import NAMES, fetch
from origin import Origin
from plot import draw
from rounds import SETS, Round, run_round, tall_pages


@dataclass(frozen=True, slots=True)
class Group:
    """Pages of one corpus that are alike in height."""

    name: str
    origin: Origin
    pages: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds of one group, set and number of tabs. Memory in MB, ``kept`` in kB, ``steps`` in ms."""

    group: str
    kind: str
    tabs: int
    pages_per_minute: float
    browser_cpu: float
    own_cpu: float
    peak_memory: float
    kept: float
    steps: dict[str, float]

    @property
    def cpu(self) -> float:
        """CPU-seconds per page."""
        return self.browser_cpu + self.own_cpu


Key = tuple[str, str, int]


def measure(groups: list[Group], rounds: int, tabs: list[int]) -> dict[Key, list[Round]]:
    """Return the rounds by group, set and tabs; bare and full take turns."""
    found: dict[Key, list[Round]] = defaultdict(list)
    for number in range(rounds):
        for group in groups:
            for count in tabs:
                for kind, plugins in SETS.items():
                    _progress(f"round {number + 1}: {group.name}, {kind}, {count} tabs")
                    found[group.name, kind, count].append(
                        asyncio.run(run_round(group.origin, group.pages, plugins, count))
                    )
    return found


def median_row(key: Key, rounds: list[Round]) -> Row:
    """Return the medians of rounds of the same kind."""

    def median(name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in rounds))

    group, kind, tabs = key
    steps = {
        name: statistics.median(seconds for each in rounds for seconds in each.steps.get(name, ())) * 1000
        for name in rounds[0].steps
    }
    return Row(
        group=group,
        kind=kind,
        tabs=tabs,
        pages_per_minute=median("pages_per_minute"),
        browser_cpu=median("browser_cpu"),
        own_cpu=median("own_cpu"),
        peak_memory=median("peak_memory"),
        kept=median("kept") / 1000,
        steps=steps,
    )


def print_table(rows: list[Row]) -> None:
    """Print the rows as a Markdown table, each beside the bare page load of the same pages and tabs."""
    bare = {(row.group, row.tabs): row for row in rows if row.kind == "bare"}
    print("| pages | set | tabs | pages/minute | CPU-s/page (own part) | × bare | peak PSS | kept per page |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        ratio = row.cpu / bare[row.group, row.tabs].cpu
        print(
            f"| {row.group} | {row.kind} | {row.tabs} | {row.pages_per_minute:.0f} | {row.cpu:.2f} ({row.own_cpu:.2f})"
            f" | {ratio:.1f} | {row.peak_memory:.0f} MB | {row.kept:,.0f} kB |"
        )


def print_steps(rows: list[Row]) -> None:
    """Print the median time of each step of the full set, in ms, longest first."""
    print("\nMedian ms of each step, full set:\n")
    for row in rows:
        if row.kind == "full":
            steps = ", ".join(f"{name} {ms:.0f}" for name, ms in sorted(row.steps.items(), key=lambda step: -step[1]))
            print(f"- {row.group}, {row.tabs} tabs: {steps}")


def print_problems(rounds: dict[Key, list[Round]]) -> bool:
    """Print what failed and what was requested twice; return whether there was any."""
    failed = sorted({f"{key[0]}/{line}" for key, of in rounds.items() for each in of for line in each.failures})
    twice = sorted(
        {f"{key[0]}/{line} ({key[1]} set)" for key, of in rounds.items() for each in of for line in each.twice}
    )
    for title, lines in (("Outputs that did not succeed", failed), ("Requested twice in one visit", twice)):
        print(f"\n{title}: {len(lines) or 'none'}\n")
        for line in lines:
            print(f"- {line}")
    return bool(failed or twice)


def main() -> int:
    options = _options()
    with contextlib.ExitStack() as servers:
        groups = []
        for name in options.corpus or NAMES:
            corpus = fetch(name, options.pages)
            origin = servers.enter_context(Origin(corpus.root))
            _progress(f"{name}: {len(corpus.pages)} pages; looking for tall ones")
            tall = asyncio.run(tall_pages(origin, corpus.pages))
            ordinary = [page for page in corpus.pages if page not in tall]
            groups += [Group(name, origin, ordinary)] if ordinary else []
            groups += [Group(f"{name}, tall", origin, tall)] if tall else []
        rounds = measure(groups, options.rounds, options.tabs)
    print(f"{options.rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; pages: ", end="")
    print("; ".join(f"{group.name} {len(group.pages)}" for group in groups), end="\n\n")
    rows = [median_row(key, of) for key, of in rounds.items()]
    print_table(rows)
    print_steps(rows)
    problems = print_problems(rounds)
    if options.json:
        figures = [{name: getattr(row, name) for name in row.__slots__} for row in rows]
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if options.plot:
        bars = {(row.group, row.kind, row.tabs): row.pages_per_minute for row in rows}
        options.plot.write_text(draw("Pages per minute", bars))
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--corpus", action="append", choices=NAMES, help="only this one; may be repeated")
    parser.add_argument("--pages", type=int, default=0, help="only so many pages of each corpus (0: all)")
    parser.add_argument("--tabs", type=lambda text: [int(word) for word in text.split(",")], default=[1, 2, 4])
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--plot", type=Path, help="draw pages per minute as SVG here")
    return parser.parse_args()


def _progress(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
