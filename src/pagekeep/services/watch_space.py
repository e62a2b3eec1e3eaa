"""Whether there is room for captures, on the disk of the data directory and on that of the temporary folder.

It is asked every second, so no news of it goes to the log here.
"""

import shutil
import tempfile
from pathlib import Path

from pagekeep.config.load import settings
from pagekeep.services.wiring import data_dir
from pagekeep.storage import layout
from pagekeep.storage.disk import disk_errors

MIB = 2**20


def space_shortage() -> str:
    """Return why captures must wait for room, in a sentence without paths, or an empty string.

    Raises:
        EnvironmentProblem: the disk does not tell.
    """
    free, needed = data_dir().free_space(), max(settings().min_free_space, layout.SPACE_RESERVE)
    if free >= needed:
        return _shortage_of_temp()
    asked = "PAGEKEEP_MIN_FREE_SPACE asks for" if needed > layout.SPACE_RESERVE else "captures need"
    return (
        f"The disk of the data directory has {free // MIB} MiB free, {asked} {-(-needed // MIB)} MiB;"
        " captures go on once there is room."
    )


def is_disk_full() -> bool:
    """Whether so little is left that anything may have failed for want of room.

    Raises:
        EnvironmentProblem: the disk does not tell.
    """
    return min(data_dir().free_space(), _free_for_temp()) < layout.SPACE_RESERVE


def _shortage_of_temp() -> str:
    free, needed = _free_for_temp(), layout.SPACE_RESERVE
    if free >= needed:
        return ""
    return (
        f"The disk of the temporary folder has {free // MIB} MiB free, browsers need {-(-needed // MIB)} MiB;"
        " captures go on once there is room. TMPDIR may name a folder on another disk."
    )


def _free_for_temp() -> int:
    """Return the bytes that can still be written where browsers and programs have their files meanwhile.

    Raises:
        EnvironmentProblem: the disk does not tell.
    """
    folder = Path(tempfile.gettempdir())
    with disk_errors(folder):
        return shutil.disk_usage(folder).free
