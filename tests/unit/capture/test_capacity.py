"""What a machine or a container can bear."""

import os
from pathlib import Path

import pytest

from pagekeep.capture import capacity
from pagekeep.capture.capacity import GIB, default_tabs, usable_memory, usable_processors


@pytest.fixture
def container(tmp_path: Path) -> tuple[Path, Path]:
    """A cgroup two levels deep, without limits."""
    cgroups, own = tmp_path / "cgroup", tmp_path / "own"
    (cgroups / "system.slice" / "pagekeep.service").mkdir(parents=True)
    own.write_text("0::/system.slice/pagekeep.service\n")
    return cgroups, own


def write(cgroups: Path, place: str, **limits: str) -> None:
    for name, text in limits.items():
        (cgroups / place / name.replace("_", ".")).write_text(text + "\n")


def test_the_smallest_limit_of_all_groups_above_counts(container: tuple[Path, Path]) -> None:
    cgroups, own = container
    machine = usable_memory(*container)
    write(cgroups, "system.slice/pagekeep.service", memory_max="max", cpu_max="max 100000")
    assert usable_memory(*container) == machine
    assert usable_processors(*container) == len(os.sched_getaffinity(0))
    write(cgroups, "system.slice", memory_max=str(GIB), cpu_max="50000 100000")
    assert usable_memory(*container) == GIB
    assert usable_processors(*container) == 0.5
    write(cgroups, "system.slice/pagekeep.service", memory_high=str(GIB // 2), cpu_max="25000 100000")
    assert usable_memory(*container) == GIB // 2
    assert usable_processors(*container) == 0.25
    own.write_text("0::/\n")  # what a container sees of itself
    write(cgroups, ".", memory_max=str(GIB // 4))
    assert usable_memory(*container) == GIB // 4


@pytest.mark.parametrize("text", ["", "nonsense", "0::/../../etc", "12:memory:/x", "0::"])
def test_what_cannot_be_read_is_no_limit(tmp_path: Path, text: str) -> None:
    own = tmp_path / "own"
    own.write_text(text)
    assert usable_memory(tmp_path / "nothing", own) > 0
    assert usable_processors(tmp_path / "nothing", own) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("processors", "gib", "tabs"),
    [(1, 8, 1), (2, 8, 2), (4, 1.9, 2), (16, 3, 3), (64, 256, capacity.MOST), (0.5, 0.3, 1), (2.5, 4, 2)],
)
def test_tabs_go_by_processors_and_memory(
    monkeypatch: pytest.MonkeyPatch, processors: float, gib: float, tabs: int
) -> None:
    monkeypatch.setattr(capacity, "usable_processors", lambda: processors)
    monkeypatch.setattr(capacity, "usable_memory", lambda: int(gib * GIB))
    assert default_tabs() == tabs
