"""Other programs that make an output: shut off from everything but a folder, kept to a budget, gone afterwards.

A program is given an argument list (no shell), a temporary folder that is its home, and next to no environment: in its
``PATH`` it finds no further program to start. Into the network it is sent through the visit's egress by the caller's
arguments. It is the first of a process group that is killed as a whole, whatever ends the run.
"""

import asyncio
import contextlib
import os
import re
import resource
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pagekeep.capture.priority import lower_session
from pagekeep.capture.programs.families import die_with_parent
from pagekeep.capture.programs.temp_folder import TempFolder
from pagekeep.domain.errors import ByteBudgetExceeded, CaptureError, TimeBudgetExceeded

PREFIX = "pagekeep-program-"
MEMORY_BYTES = 2 << 30
OUTPUT_BYTES = 4 << 20
_LAST_WORDS = 4_000
_PASSED_ON = ("TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_POLL_SECONDS = 0.2
_END_SECONDS = 0.5
_NICENESS = 10
# No single file grows beyond the limit between two measurements; what the system (EFBIG) and curl then say.
_FILE_SLACK = 1 << 20
_FILE_TOO_LARGE = re.compile("File too large|Failure writing output to destination")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Attributes:
        status: its exit status, negative for the signal that ended it.
        output: what it printed, at most ``OUTPUT_BYTES`` of it.
        last_words: the end of what it complained about.
    """

    status: int
    output: bytes
    last_words: str


class Workplace:
    """A temporary folder in which programs run, one after another. Open it with :func:`workplace`.

    Attributes:
        folder: the working folder: what programs are to hand over lies here.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / "place"
        self._root, self._home, self._no_programs = root, root / "home", root / "path"
        for made in (self.folder, self._home, self._no_programs):
            made.mkdir()

    def secret(self, name: str, text: str) -> Path:
        """Write a file that only this user may read, beside the folder, and return it; it goes with the workplace."""
        path = self._home / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    async def run(
        self, program: Sequence[str], *, seconds: float, size: int, environment: Mapping[str, str] | None = None
    ) -> Ended:
        """Run a program to its end.

        Args:
            program: its path and its arguments.
            seconds: how long it may take.
            size: how many bytes the folder may come to hold, what earlier runs left there included.
            environment: variables it gets besides the few that all get.

        Raises:
            TimeBudgetExceeded, ByteBudgetExceeded: it was ended because it went beyond that.
            CaptureError: it could not be started.
        """
        said, complained = self._root / "stdout", self._root / "stderr"
        with said.open("wb") as stdout, complained.open("wb") as stderr:
            try:
                process = await asyncio.create_subprocess_exec(
                    *program,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    cwd=self.folder,
                    env=self._environment() | dict(environment or {}),
                    start_new_session=True,
                    preexec_fn=_child_setup(os.getpid(), size + _FILE_SLACK),
                )
            except OSError as error:
                raise CaptureError(f"{program[0]} could not be started ({error.strerror}).") from error
            try:
                async with asyncio.timeout(seconds):
                    await self._watch(process, size)
            except TimeoutError as error:
                raise TimeBudgetExceeded(f"It took longer than {seconds:.0f} seconds.") from error
            finally:
                await _end_group(process)
        ended = Ended(process.returncode or 0, _head(said), _tail(complained))
        if ended.status and _FILE_TOO_LARGE.search(ended.last_words):
            raise _too_large(size)
        return ended

    async def _watch(self, process: asyncio.subprocess.Process, size: int) -> None:
        """Wait for the end of the process, measuring what it writes meanwhile."""
        ending = asyncio.ensure_future(process.wait())
        try:
            while True:
                done, _ = await asyncio.wait({ending}, timeout=_POLL_SECONDS)
                if await asyncio.to_thread(_size_of, self._root) > size:
                    raise _too_large(size)
                if done:
                    return
        finally:
            ending.cancel()

    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "PATH": str(self._no_programs),
            "HOME": home,
            "TMPDIR": home,
            "XDG_CONFIG_HOME": home,
            "XDG_CACHE_HOME": home,
            "LC_ALL": "C.UTF-8",
        }


@contextlib.asynccontextmanager
async def workplace(parent: Path | None) -> AsyncIterator[Workplace]:
    """Lend a workplace below ``parent`` (by default the system's own place for temporary folders)."""
    temporary = await asyncio.to_thread(TempFolder, PREFIX, parent)
    try:
        yield Workplace(temporary.path)
    finally:
        await asyncio.to_thread(temporary.remove)


def _too_large(size: int) -> ByteBudgetExceeded:
    return ByteBudgetExceeded(f"It is larger than {size} bytes, the limit for a download.")


def _child_setup(parent: int, file_size: int) -> Callable[[], None]:
    def setup() -> None:
        os.nice(_NICENESS)
        lower_session()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails, instead
        die_with_parent(parent)

    return setup


async def _end_group(process: asyncio.subprocess.Process) -> None:
    """Kill whatever is left of the group and wait until it has gone: nobody writes to the folder any more."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    end = time.monotonic() + _END_SECONDS
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(process.pid, 0)
            await asyncio.sleep(0.01)


def _size_of(folder: Path) -> int:
    """Return the bytes of all files below ``folder``; what vanishes meanwhile counts nothing."""
    size, waiting = 0, [folder]
    while waiting:
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                    continue
                with contextlib.suppress(FileNotFoundError):
                    size += entry.stat(follow_symlinks=False).st_size
    return size


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(OUTPUT_BYTES)


def _tail(file: Path) -> str:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _LAST_WORDS))
        return opened.read().decode(errors="replace").strip()
