"""The processes of an archive, found as the system sees them: by the data directory in their environment."""

import time
from collections.abc import Callable
from pathlib import Path

_DEAD = ("Z", "X")


def family_of(data: Path, temp: Path | None = None) -> set[int]:
    """Return the ids of all living processes that work on a data directory, and of all that they have started.

    Args:
        temp: the folder for their temporary files, if it is theirs alone: browsers and programs are known by it.
    """
    marks = [f"PAGEKEEP_DATA_DIR={data}\0".encode(), *([f"{temp}/pagekeep-".encode()] if temp else [])]
    family: set[int] = set()
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = _stat(folder)[:2]
            if state in _DEAD:
                continue
            parents[int(folder.name)] = int(parent)
            about = (folder / "environ").read_bytes() + b"\0" + (folder / "cmdline").read_bytes()
            if any(mark in about for mark in marks):
                family.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or is not ours
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def named(family: set[int], *words: str) -> list[int]:
    """Return those of the processes whose command line has all these words as arguments or as their beginnings."""
    found = []
    for number in sorted(family):
        try:
            text = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
            arguments = text.replace("\0", " ").split(" ")  # Chromium writes those of its children anew so
        except (FileNotFoundError, ProcessLookupError):
            continue
        if all(any(argument.startswith(word) for argument in arguments) for word in words):
            found.append(number)
    return found


def alive(ids: set[int]) -> set[int]:
    """Return those of the processes that live."""
    living = set()
    for number in ids:
        try:
            if _stat(Path(f"/proc/{number}"))[0] not in _DEAD:
                living.add(number)
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone
    return living


def wait_until(condition: Callable[[], object], seconds: float, what: str = "it") -> None:
    """Wait until the condition holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)


def _stat(folder: Path) -> list[str]:
    return (folder / "stat").read_text().rpartition(")")[2].split()
