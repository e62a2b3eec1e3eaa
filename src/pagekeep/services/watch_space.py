"""Whether there is room for captures. It is asked every second, so no news of it goes to the log here."""

from pagekeep.config.load import settings
from pagekeep.services.wiring import data_dir
from pagekeep.storage import layout

MIB = 2**20


def space_shortage() -> str:
    """Return why captures must wait for room, in a sentence without paths, or an empty string.

    Raises:
        EnvironmentProblem: the disk does not tell.
    """
    free, needed = data_dir().free_space(), max(settings().min_free_space, layout.SPACE_RESERVE)
    if free >= needed:
        return ""
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
    return data_dir().free_space() < layout.SPACE_RESERVE
