"""How this process deals with the large blocks of memory that pictures, pages and messages of the browser need."""

import ctypes
import os

# mallopt(3): the numbers are glibc's.
_MMAP_THRESHOLD = -3
_ARENAS = -8
LARGE = 1 << 20


def give_back_large_blocks() -> None:
    """Have blocks of 1 MiB and more returned to the system when they are freed, and few heaps kept for threads.

    Else glibc raises that size as larger ones are freed, and a process that has seen a few tall pages keeps tens of MB
    more after every hundred. Other C libraries have no such setting and need none.
    """
    if "CS_GNU_LIBC_VERSION" in os.confstr_names:
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, LARGE)
        library.mallopt(_ARENAS, 2)
