"""Which process a worker is. A process id alone is given to another process sooner or later.

Linux tells it: a process has its id and the moment it started, in one boot of one machine and one namespace of ids.
"""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pagekeep.archive.models import Worker

_ENDED = ("Z", "X")
"""States (proc_pid_stat(5)) of processes that nobody has asked about yet, but that do nothing any more."""


def this_process() -> dict[str, Any]:
    """Return the columns of `Worker` that name this process."""
    stat = _stat(os.getpid())
    return {
        "hostname": socket.gethostname(),
        "boot": _boot(),
        "pid": os.getpid(),
        "process_started": stat[1] if stat else None,
    }


def has_ended(worker: Worker) -> bool:
    """Whether a worker's process is known to have ended; False where that cannot be seen from here."""
    if (worker.hostname, worker.boot) != (socket.gethostname(), _boot()):
        return False
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # another user's: perhaps it is not shown to us
        pass
    stat = _stat(worker.pid)
    return stat is not None and (stat[0] in _ENDED or stat[1] != worker.process_started)


@cache
def _boot() -> str:
    """Return what is the same for all processes whose ids can be compared: boot and namespace; empty off Linux."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _stat(pid: int) -> tuple[str, int] | None:
    """Return state and start (clock ticks since the boot) of a process, None where it is not shown."""
    fields = _fields(pid)
    return (fields[0], int(fields[19])) if fields else None


def _fields(pid: int) -> list[str]:
    """Return what proc_pid_stat(5) tells of a process from its state on, nothing where it is not shown."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before may hold anything, brackets too


@dataclass(frozen=True, slots=True)
class Costs:
    """What a process takes: resident memory in bytes, and processor time since its start in seconds."""

    memory: int
    cpu_seconds: float


def own_costs() -> Costs | None:
    """Return what this process takes, None where Linux does not tell."""
    return _costs(os.getpid())


def costs_of(worker: Worker) -> Costs | None:
    """Return what a worker's process takes, without its browser; None where that cannot be seen from here."""
    if (worker.hostname, worker.boot) != (socket.gethostname(), _boot()) or has_ended(worker):
        return None
    return _costs(worker.pid)


def _costs(pid: int) -> Costs | None:
    fields = _fields(pid)
    if not fields:
        return None
    user, system, pages = (int(fields[place]) for place in (11, 12, 21))
    return Costs(pages * os.sysconf("SC_PAGE_SIZE"), (user + system) / os.sysconf("SC_CLK_TCK"))
