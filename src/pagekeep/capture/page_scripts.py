"""Scripts of other projects that run in the page; installed by npm at set-up, unmodified (docs/dependencies.md)."""

import functools
import json
import sys
from pathlib import Path

from pagekeep.domain.errors import EnvironmentProblem

_READABILITY = "@mozilla/readability/Readability.js"
_SINGLEFILE = "single-file-cli/lib/single-file-bundle.js"


def readability_source(folder: Path | None) -> str:
    """Return Readability's source; ``folder`` is the ``node_modules`` to look in, by default the installation's.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    return _read(_find(folder, _READABILITY))


def singlefile_source(folder: Path | None) -> str:
    """Return SingleFile's page script, which its package holds as a string constant of a module.

    Raises:
        EnvironmentProblem: it is not installed, or its package has another form.
    """
    return _bundled_script(_find(folder, _SINGLEFILE))


def check_installed(folder: Path | None) -> None:
    """Raise EnvironmentProblem unless every script is there: better before the first page than during it."""
    readability_source(folder)
    singlefile_source(folder)


def readability_path(folder: Path | None) -> Path | None:
    """Return where Readability is, None if it is not installed."""
    path = _place(folder, _READABILITY)
    return path if path.is_file() else None


def singlefile_path(folder: Path | None) -> Path | None:
    """Return where SingleFile's page script is, None if it is not installed."""
    path = _place(folder, _SINGLEFILE)
    return path if path.is_file() else None


def _place(folder: Path | None, name: str) -> Path:
    return (folder or Path(sys.prefix) / "share" / "pagekeep" / "node_modules") / name


def _find(folder: Path | None, name: str) -> Path:
    path = _place(folder, name)
    if not path.is_file():
        raise EnvironmentProblem(f"The page script {name} is not installed at {path}; run: make setup.")
    return path


@functools.cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def _bundled_script(path: Path) -> str:
    source = _read(path)
    start = "const script = "
    try:
        script, _ = json.JSONDecoder().raw_decode(source, source.index(start) + len(start))
    except ValueError as error:
        raise EnvironmentProblem(f"{path} is not the SingleFile release Pagekeep knows; run: make setup.") from error
    return str(script)
