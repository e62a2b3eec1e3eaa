"""Which browser on this machine to use."""

import os
import shutil
from pathlib import Path

from pagekeep.domain.errors import EnvironmentProblem

HEADLESS_SHELL = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
FULL_BROWSER = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Debian's command for the shell is a script that stays in between: signals would reach the script alone.
_PROGRAMS = Path("/usr/lib/chromium")
HOW_TO_INSTALL = (
    "install it with: apt-get install chromium-headless-shell (or set PAGEKEEP_CHROMIUM to a browser's path)"
)


def find_chromium(configured: str = "") -> Path:
    """Return the browser to start: the configured one, else the headless shell (3 times cheaper), else full Chromium.

    Raises:
        EnvironmentProblem: there is none, or the configured one cannot be run.
    """
    if configured:
        path = Path(shutil.which(configured) or configured)
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise EnvironmentProblem(
                f"PAGEKEEP_CHROMIUM names {configured!r}, which is no program; correct or unset it."
            )
        return path
    for name in HEADLESS_SHELL + FULL_BROWSER:
        if found := shutil.which(name):
            program = _PROGRAMS / name
            return program if name in HEADLESS_SHELL and program.exists() else Path(found)
    raise EnvironmentProblem(f"No Chromium was found on this machine; {HOW_TO_INSTALL}.")


def is_headless_shell(path: Path) -> bool:
    """Tell the headless shell from the full browser, which needs ``--headless``."""
    return path.name in HEADLESS_SHELL
