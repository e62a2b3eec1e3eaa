"""The programs that captures need, as they are installed on this machine."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from pagekeep.capture.chromium.find import HOW_TO_INSTALL, find_chromium
from pagekeep.capture.outputs.git import find_git
from pagekeep.capture.page_scripts import readability_path, singlefile_path
from pagekeep.capture.programs.ffmpeg import find_ffmpeg
from pagekeep.domain.errors import EnvironmentProblem

ASK_SECONDS = 10.0
_VERSION = re.compile(rb"\d+(?:\.\d+)+[\w.+~-]*")
_TOO_LONG = 64
_PLUGINS = {"git": "git", "media": "yt-dlp", "singlefile": "single-file", "readability": "readability"}
"""Which program makes which output; the browser opens nearly every page."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and where it is.

    Attributes:
        path: None where it is missing; ``reason`` then says so in a sentence.
        provider: what brought it here: apt, pip, npm, or env for anything else in the ``PATH``.
        providers: what can bring it.
    """

    name: str
    providers: tuple[str, ...]
    path: Path | None
    reason: str = ""

    @property
    def provider(self) -> str:
        return _provider(self.path) if self.path else ""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a program's file says: ``version`` is empty where it does not run, ``reason`` says why."""

    version: str
    sha256: str
    reason: str = ""


def programs(chromium: str = "") -> list[Program]:
    """Return every program, those that are missing too. None is started.

    Args:
        chromium: the path or name that the settings give, empty to look for it.
    """
    return [
        _browser(chromium),
        _program("git", ("apt", "env"), find_git(), "install it with: apt-get install git"),
        _program("yt-dlp", ("pip",), _yt_dlp(), "run: make setup"),
        _program("ffmpeg", ("apt", "env"), find_ffmpeg(), "install it with: apt-get install ffmpeg"),
        _program("single-file", ("npm",), singlefile_path(None), "run: make setup"),
        _program("readability", ("npm",), readability_path(None), "run: make setup"),
        _program(
            "node", ("pip", "apt", "env"), _beside_python("node"), "only make setup needs it, and brings it along"
        ),
        Program("python", ("apt", "env"), Path(sys.executable)),
    ]


def program_of(plugin: str) -> str:
    """Return the name of the program that makes an output, empty where none does it alone."""
    return _PLUGINS.get(plugin, "")


def seen(program: Program) -> tuple[int, int]:
    """Return size (bytes) and time of change (nanoseconds) of a program's file; zeros where it has none."""
    if program.path is None:
        return 0, 0
    try:
        stat = program.path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def inspect(program: Program) -> Inspected:
    """Ask a program for its version and read its file whole: up to a second for a browser that was not read before."""
    if program.path is None:
        return Inspected("", "", program.reason)
    try:
        with program.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        told = _version(program.name, program.path)
    except (OSError, subprocess.SubprocessError, ValueError, PackageNotFoundError) as error:
        return Inspected("", "", f"{program.path} does not work ({error}); install it anew.")
    reason = "" if told else f"{program.path} does not tell its version; install it anew."
    return Inspected(told[:_TOO_LONG], sha256, reason)


def _browser(configured: str) -> Program:
    try:
        return Program("chromium", ("apt", "env"), find_chromium(configured))
    except EnvironmentProblem as error:
        return Program(
            "chromium", ("apt", "env"), None, str(error) if configured else f"It is missing; {HOW_TO_INSTALL}."
        )


def _program(name: str, providers: tuple[str, ...], path: str | Path | None, advice: str) -> Program:
    if path is None:
        return Program(name, providers, None, f"It is missing; {advice}.")
    return Program(name, providers, Path(path))


def _beside_python(name: str) -> str | None:
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def _yt_dlp() -> Path | None:
    """Return its module, since it is run by our own Python."""
    spec = find_spec("yt_dlp")
    return Path(spec.origin) if spec and spec.origin else None


def _version(name: str, path: Path) -> str:
    if name == "yt-dlp":
        return version("yt-dlp")
    if name == "python":
        return ".".join(str(part) for part in sys.version_info[:3])
    if name in ("single-file", "readability"):
        return next(_package_versions(path), "")
    asking = "-version" if name == "ffmpeg" else "--version"
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}
    said = subprocess.run(
        [path, asking],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=ASK_SECONDS,
        check=True,
        env=environment | {"LC_ALL": "C.UTF-8"},
        start_new_session=True,
    ).stdout
    found = _VERSION.search(said) or re.search(rb"version (\S+)", said)
    return found[found.re.groups].decode(errors="replace") if found else ""


def _package_versions(script: Path) -> Iterator[str]:
    """Yield what the ``package.json`` above a script says."""
    for folder in script.parents:
        if (folder / "package.json").is_file():
            yield str(json.loads((folder / "package.json").read_text(encoding="utf-8")).get("version", ""))


def _provider(path: Path) -> str:
    if "node_modules" in path.parts:
        return "npm"
    if path.is_relative_to(sys.prefix) and path.resolve().is_relative_to(sys.prefix):
        return "pip"
    real = path.resolve()
    if real.is_relative_to("/usr") and not real.is_relative_to("/usr/local") and Path("/var/lib/dpkg").is_dir():
        return "apt"
    return "env"
