"""Starting one Chromium and making sure that nothing of it survives."""

import asyncio
import contextlib
import fcntl
import logging
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from pagekeep.capture.chromium.devtools import Connection
from pagekeep.capture.chromium.find import is_headless_shell
from pagekeep.capture.priority import lower_session
from pagekeep.capture.programs.families import die_with_parent
from pagekeep.capture.programs.temp_folder import TempFolder
from pagekeep.domain.errors import BrowserDied, EnvironmentProblem

log = logging.getLogger(__name__)
START_SECONDS = 30.0
CLOSE_SECONDS = 3.0
# How often a browser is asked whether it is well, and how long it may think about it.
ASK_EVERY_SECONDS = 5.0
SILENT_SECONDS = 20.0
PIPE_BYTES = 1 << 20
# What the process of one page may take (bytes); a page that wants more loses it.
MEMORY = 2 << 30
_LAST_WORDS = 2_000
_PROFILE_PREFIX = "pagekeep-chromium-"

# Nothing listens there: whatever belongs to no visit, and so to no egress of its own, goes nowhere.
NOWHERE = "socks5://127.0.0.1:9"

# What the same browser with a window sends: not "Headless", and only the major version.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"

FLAGS = (
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-startup-window",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions,PaintHolding",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--lang=en-US",
    f"--proxy-server={NOWHERE}",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


class Chromium:
    """A running browser process and the connection to it. Create with :func:`launch`."""

    def __init__(
        self, process: asyncio.subprocess.Process, connection: Connection, profile: TempFolder, version: str
    ) -> None:
        self.process = process
        self.connection = connection
        self.product = f"Chromium/{version}"
        self.user_agent = USER_AGENT.format(version.partition(".")[0])
        self._profile = profile
        self._closing: asyncio.Task[None] | None = None
        self._guard = asyncio.get_running_loop().create_task(self._end_if_silent())

    @property
    def alive(self) -> bool:
        """Whether the process runs and answers on its pipe."""
        return self.process.returncode is None and not self.connection.closed.is_set()

    async def close(self) -> None:
        """End the browser: ask first, kill its whole process group then, and remove its profile.

        Each of its pages may ask for it, at the same time: it is done once.
        """
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._guard.cancel()
        if self.alive:
            with contextlib.suppress(TimeoutError, BrowserDied):  # it may die on its own while we ask
                await asyncio.wait_for(self.connection.browser.call("Browser.close"), CLOSE_SECONDS)
                await asyncio.wait_for(self.process.wait(), CLOSE_SECONDS)
        self.connection.close()
        self._kill()
        await self.process.wait()
        await asyncio.to_thread(self._profile.remove)

    async def _end_if_silent(self) -> None:
        """Kill a browser that does not answer for long: every visit it has open would wait out all its limits."""
        with contextlib.suppress(BrowserDied):
            while True:
                await asyncio.sleep(ASK_EVERY_SECONDS)
                try:
                    await asyncio.wait_for(self.connection.browser.call("Browser.getVersion"), SILENT_SECONDS)
                except TimeoutError:
                    log.warning("The browser has not answered for %s s and is replaced.", SILENT_SECONDS)
                    self._kill()
                    return

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # the group is empty: all have ended
            os.killpg(self.process.pid, signal.SIGKILL)


async def launch(path: Path, *, sandbox: str = "auto", temp_dir: Path | None = None, memory: int = MEMORY) -> Chromium:
    """Start ``path`` headless and wait until it answers.

    Args:
        sandbox: ``on``, ``off`` or ``auto`` (on, except for root, for whom Chromium has none).
        temp_dir: where its profile lives while it runs; the system's own by default.
        memory: what the process of one page may take (bytes).

    Raises:
        EnvironmentProblem: it does not start.
    """
    version = await _version(path)
    profile = await asyncio.to_thread(TempFolder, _PROFILE_PREFIX, temp_dir)
    arguments = [str(path), *FLAGS, f"--user-data-dir={profile.path}"]
    # Given at the start, it holds for every worker's script as well.
    arguments.append(f"--user-agent={USER_AGENT.format(version.partition('.')[0])}")
    if not is_headless_shell(path):
        arguments.append("--headless")
    if sandbox == "off" or (sandbox == "auto" and os.geteuid() == 0):
        arguments.append("--no-sandbox")
    try:
        return await _start(arguments, profile, version, memory)
    except BaseException:
        await asyncio.to_thread(profile.remove)
        raise


async def _version(path: Path) -> str:
    """Return the browser's version, such as 156.0.8078.79.

    Raises:
        EnvironmentProblem: the program does not tell one.
    """
    process = await asyncio.create_subprocess_exec(
        str(path), "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            said, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    found = re.search(r"\d+(\.\d+){3}", said.decode(errors="replace"))
    if found is None:
        raise EnvironmentProblem(f"{path} is no browser Pagekeep knows; set PAGEKEEP_CHROMIUM to Chromium's path.")
    return found.group()


async def _start(arguments: list[str], profile: TempFolder, version: str, memory: int) -> Chromium:
    commands_in, commands_out = _pipe()
    answers_in, answers_out = _pipe()
    words = profile.path / "stderr.txt"
    with words.open("wb") as stderr, _low_descriptors_taken():
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
            env=_environment(profile.path),
            start_new_session=True,
            pass_fds=(3, 4),
            preexec_fn=_child_setup(commands_in, answers_out, os.getpid(), memory),
        )
    os.close(commands_in)
    os.close(answers_out)
    connection = await Connection.open(answers_in, commands_out)
    chromium = Chromium(process, connection, profile, version)
    try:
        await asyncio.wait_for(connection.browser.call("Browser.getVersion"), START_SECONDS)
        _lift_limit(process.pid)
    except (TimeoutError, BrowserDied) as error:
        said = words.read_text(errors="replace")[-_LAST_WORDS:].strip() if words.exists() else ""
        await chromium.close()
        raise EnvironmentProblem(_why_not(arguments[0], said)) from error
    except BaseException:
        await chromium.close()
        raise
    return chromium


def _why_not(path: str, said: str) -> str:
    if "sandbox" in said.lower():
        return (
            f"{path} could not start its sandbox; allow unprivileged user namespaces on this machine, "
            "or set PAGEKEEP_CHROMIUM_SANDBOX=off if every page you archive is trusted."
        )
    last = said.splitlines()[-1] if said else "it said nothing"
    return f"{path} did not start ({last}); run it by hand to see why, or set PAGEKEEP_CHROMIUM to another browser."


def _environment(profile: Path) -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH") if name in os.environ
    }
    # Also what it shares among its processes: else a kill leaves files of that in the system's temporary folder.
    return kept | dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(profile))


def _pipe() -> tuple[int, int]:
    """Return (read end, write end), both above the numbers the browser wants for itself."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    with contextlib.suppress(PermissionError):  # an ordinary user's quota; the default size works, slower
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return ends[0], ends[1]


@contextlib.contextmanager
def _low_descriptors_taken() -> Iterator[None]:
    """Keep 3 and 4 in use here, so that what Python opens to start a child never gets those numbers."""
    held: list[int] = []
    while not held or held[-1] < 5:
        held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    try:
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


def _lift_limit(pid: int) -> None:
    """Free the browser process, which serves all pages, of the limit its pages' processes have taken over from it."""
    with contextlib.suppress(ProcessLookupError):
        _, most = resource.prlimit(pid, resource.RLIMIT_DATA)
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def _child_setup(commands: int, answers: int, parent: int, memory: int) -> Callable[[], None]:
    def setup() -> None:
        # Writable private memory (setrlimit(2)), each process for itself; what V8 only reserves does not count.
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (memory if most < 0 else min(memory, most), most))
        os.dup2(commands, 3)
        os.dup2(answers, 4)
        lower_session()
        die_with_parent(parent)

    return setup
