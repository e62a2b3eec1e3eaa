"""Processes that end with the one that started them, however that ends."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have the system kill this process when its parent ends, kill -9 included (prctl(2), Linux).

    Args:
        parent: the parent's process id: if it has ended already, so does this process.
    """
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def dying_with(parent: int) -> Callable[[], None]:
    """Return a ``preexec_fn`` for a child of the process ``parent``."""

    def setup() -> None:
        die_with_parent(parent)

    return setup
