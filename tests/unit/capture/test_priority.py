"""Priorities are lowered in processes of their own: none of them could raise its own again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SESSION = Path("/proc/self/autogroup")
"""Ends with the priority of the session; missing or empty where the system knows of none (sched(7))."""
SAY = f"""
import os, pathlib
priority, session = os.getpriority(os.PRIO_PROCESS, 0), pathlib.Path({str(SESSION)!r})
words = session.read_text().split() if session.exists() else []
print(priority, words[-1] if words else priority)
"""
LOWER = "from pagekeep.capture.priority import give_way; give_way({niceness})\n"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SAY!r}])"


def run(code: str, niceness: int = 0, *, session: bool) -> list[int]:
    done = subprocess.run(
        ["nice", "-n", str(niceness), sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=session,
    )
    return [int(word) for word in done.stdout.split()]


@pytest.fixture
def base() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_a_process_its_session_and_its_children_step_back(base: int) -> None:
    lowered = max(base, 7)
    assert run(LOWER.format(niceness=7) + CHILD, session=True) == [lowered, lowered]


def test_a_session_of_others_stays_as_it_is(base: int) -> None:
    words = SESSION.read_text().split() if SESSION.exists() else []
    own = int(words[-1]) if words else max(base, 7)
    assert run(LOWER.format(niceness=7) + SAY, session=False) == [max(base, 7), own]


def test_priority_is_never_raised(base: int) -> None:
    told = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    assert run(LOWER.format(niceness=3) + told, niceness=9, session=True) == [min(base + 9, 19)]
