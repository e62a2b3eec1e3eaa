"""How much room the data directory takes on disk."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pagekeep.storage.layout import DataDir

_BLOCK = 512
"""Bytes of what stat(2) calls a block."""


def bytes_on_disk(home: DataDir) -> Iterator[int]:
    """Yield the bytes that each file and folder takes, one by one, so that the caller may pause in between.

    A file that several snapshots name is counted once: its blob is, and the further names are not. What vanishes
    meanwhile counts nothing.
    """
    folders = [home.root]
    while folders:
        folder = folders.pop()
        is_linked = folder.is_relative_to(home.snapshots)
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    stat = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif is_linked and stat.st_nlink > 1:
                        yield 0
                        continue
                    yield stat.st_blocks * _BLOCK
