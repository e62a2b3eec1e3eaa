"""The key that signs sessions and tokens, kept in a file of the data directory unless the setting gives one."""

import os
from pathlib import Path

from pagekeep.domain.errors import EnvironmentProblem

KEY_NAME = "secret_key"


def read_key(data_dir: Path) -> str:
    """Return the stored key, or an empty string if there is none yet."""
    path = data_dir / KEY_NAME
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentProblem(
            f"The secret key {path} cannot be read ({error}); give this user the right to."
        ) from error


def write_key(data_dir: Path, key: str) -> None:
    """Keep a key, readable by this user only. The caller makes sure that there is none and that nobody else writes one.

    Raises:
        FileExistsError: there is one already.
    """
    descriptor = os.open(data_dir / KEY_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(descriptor)
