"""How many pages this machine, or the container we run in, can capture at the same time."""

import os
from contextlib import suppress
from pathlib import Path

GIB = 2**30
PAGE_MEMORY = GIB
"""What a page with all outputs may take while it is captured, its share of the browser and of the worker included."""
MOST = 8
"""One worker process hands on what its tabs record; beyond these another worker is of more use than another tab."""
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def default_tabs() -> int:
    """Return one page for each processor we may use, as far as memory goes: 1 to :data:`MOST`."""
    # The last page may be a quarter short: of 2 GB the kernel has its part before anybody counts.
    by_memory = int((usable_memory() + PAGE_MEMORY / 4) // PAGE_MEMORY)
    return max(1, min(MOST, round(usable_processors()), by_memory))


def usable_processors(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> float:
    """Return how many processors' time we may use: those we may run on (sched_getaffinity(2)), and cgroup v2's cpu.max.

    Args:
        cgroups: where the cgroup v2 hierarchy is mounted.
        own: the file that names our place in it (cgroups(7)).
    """
    limits = [float(len(os.sched_getaffinity(0)))]
    for folder in _groups(cgroups, own):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            limits.append(int(quota) / int(period))
    return min(limits)


def usable_memory(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> int:
    """Return how much memory we may use (bytes): the machine's, and cgroup v2's memory.max and memory.high.

    Args:
        cgroups: where the cgroup v2 hierarchy is mounted.
        own: the file that names our place in it (cgroups(7)).
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for folder in _groups(cgroups, own):
        limits += [int(text) for name in ("memory.max", "memory.high") if (text := _read(folder / name)).isdigit()]
    return min(limits)


def _groups(cgroups: Path, own: Path) -> list[Path]:
    """Return our cgroup's folder and those above it: each may have a limit. A container sees its own as the root."""
    place = next((line[3:] for line in _read(own).splitlines() if line.startswith("0::")), "/")
    folder = cgroups / place.lstrip("/")
    if not folder.is_relative_to(cgroups) or ".." in folder.parts:
        folder = cgroups
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(cgroups))]


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_text(encoding="ascii", errors="replace").strip()
    return ""
