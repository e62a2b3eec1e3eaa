"""How captures share the machine: whatever else runs on it, the server that answers people first of all, goes first."""

import contextlib
import os
from pathlib import Path


def give_way(niceness: int) -> None:
    """Lower the priority of this process and of those it starts from now on. It cannot be raised again.

    Args:
        niceness: 0 to 19 (setpriority(2)); at 10, beside a busy process of ordinary priority, about a tenth is left.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))
    lower_session()


def lower_session() -> None:
    """Give this process's session the process's own priority, if it leads one: call it after a setsid(2).

    Linux may share processor time between sessions before it heeds priorities, which then count within a session only
    (sched(7), "The autogroup feature").
    """
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # the system has no such feature, or was asked too often in this moment
            Path("/proc/self/autogroup").write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))
