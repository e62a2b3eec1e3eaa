"""What processes cost: CPU-seconds and memory, read from ``/proc``."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
# Seconds between two looks at the memory: the kernel walks every page table for it, which is not free.
PSS_EVERY = 0.5
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)
_helpers: set[int] = set()


def start_helper(script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Run one of the benchmarks' scripts beside this process; its cost and memory are never counted."""
    process = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
    _helpers.add(process.pid)
    return process


def end_helper(process: "subprocess.Popen[str]") -> str:
    """End a helper and return what it has printed that nobody has read."""
    process.terminate()
    said, _ = process.communicate()
    _helpers.discard(process.pid)
    return said


def children_of() -> dict[int, list[int]]:
    """Return the processes that each process has started and that live."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            children[int((entry / "stat").read_text().rpartition(")")[2].split()[1])].append(int(entry.name))
        except _GONE:
            continue
    return children


def descendants(pid: int, apart: Iterable[int] = ()) -> list[int]:
    """Return the ids of every process below ``pid``, but for those in ``apart`` and what is below them."""
    children = children_of()
    left_out = set(apart)
    found, waiting = [], [pid]
    while waiting:
        below = [child for child in children[waiting.pop()] if child not in left_out]
        found += below
        waiting += below
    return found


def browser_processes() -> list[int]:
    """Return the processes of the browser this process has started: all below it but the benchmark's own helpers."""
    return descendants(os.getpid(), apart=_helpers)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU-seconds of these processes and of the children they have reaped."""
    total = 0
    for pid in pids:
        try:
            total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except _GONE:
            continue
    return total / TICKS


def own_cpu_seconds(pid: int) -> float:
    """Return the CPU-seconds of a process without those of its children."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / TICKS


class ChildrenCpu:
    """CPU-seconds of all that a process has started, also of what has ended since: a worker replaces its browser.

    What a child has used between the last look and its end is not seen.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._last: dict[int, float] = {}

    def seconds(self) -> float:
        """Look, and return the sum."""
        for child in children_of()[self._pid]:
            found = cpu_seconds([child, *descendants(child)])
            self._last[child] = max(found, self._last.get(child, 0.0))
        return sum(self._last.values())


def pss_megabytes(pids: Iterable[int], kinds: tuple[str, ...] = ("Pss",)) -> float:
    """Return the proportional set size of these processes: what they would free if they ended.

    Args:
        kinds: lines of ``smaps_rollup`` (proc(5)) to add up.
    """
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except _GONE:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.partition(":")[0] in kinds)
    return total / 1024


class PeakMemory:
    """The highest memory of a process and its browser while the block runs, sampled by a process of its own.

    Args:
        pid: of this process, if it is not given.
    """

    def __init__(self, pid: int = 0) -> None:
        self._pid = pid or os.getpid()

    def __enter__(self) -> Self:
        self.megabytes = 0.0
        self._process = start_helper(__file__, *map(str, (self._pid, *_helpers)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.megabytes = max(map(float, end_helper(self._process).split()), default=0.0)


def sample(pid: int, *apart: int) -> None:
    """Print the memory of ``pid`` and all below it whenever it is higher than before, until the process is ended."""
    peak = 0.0
    while True:
        now = pss_megabytes([pid, *descendants(pid, [*apart, os.getpid()])])
        if now > peak:
            peak = now
            print(peak, flush=True)
        time.sleep(PSS_EVERY)


if __name__ == "__main__":
    sample(*map(int, sys.argv[1:]))
