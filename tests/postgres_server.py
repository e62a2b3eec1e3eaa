"""A real PostgreSQL for tests and benchmarks: its data in a temporary folder, a socket there and no port."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_VERSIONS = Path("/usr/lib/postgresql")
_MISSING = "PostgreSQL is not installed; install it with: ./scripts/setup dev (Debian's package postgresql)."
_UNPRIVILEGED = "nobody"
"""Whose process it is where the tests are root's: PostgreSQL refuses to run as root."""


class PostgresServer:
    """A server that nobody else knows. ``safe``: it writes to the disk as it would for good, at the price of speed."""

    def __init__(self, *, safe: bool = False) -> None:
        self._safe = safe
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Where its data, socket and log are."""
        if self._folder is None:
            raise RuntimeError("The server was not started.")
        return self._folder

    def url(self, database: str, user: str = "keeper", password: str = "") -> str:
        """Return what PAGEKEEP_DATABASE_URL is to be for a database of it."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Make the cluster and wait until the server answers."""
        programs = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="pagekeep-pg-", dir="/tmp"))  # a socket's path is short
        if os.geteuid() == 0:
            shutil.chown(self.folder, _UNPRIVILEGED)
        self.folder.chmod(0o755)
        data = self.folder / "data"
        cluster = ["--pgdata", str(data), "--username", "keeper", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
        self._call([programs / "initdb", *cluster, "--locale", "C.UTF-8"])
        self.launch()

    def launch(self) -> None:
        """Start the server on its cluster, as after `halt`, and wait until it answers."""
        careless = [] if self._safe else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        sockets = ["-k", str(self.folder), "-c", "listen_addresses="]
        with (self.folder / "log").open("ab") as log:
            server = [_programs() / "postgres", "-D", self.folder / "data", *sockets, *careless]
            self._process = subprocess.Popen(
                # It ends with us, even if we are killed.
                ["setpriv", "--pdeathsig", "QUIT", *_as_whom(), "--", *server, "-c", "max_connections=200"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        waiting = [_programs() / "pg_isready", "--quiet", "--host", self.folder, "--dbname", "postgres"]
        while subprocess.run(waiting, check=False).returncode:
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL has ended: {(self.folder / 'log').read_text()}")

    def halt(self) -> None:
        """End the server at once, whoever is connected; the cluster stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # an immediate shutdown
            self._process.wait(60)
            self._process = None

    def stop(self) -> None:
        """End the server and remove what it kept."""
        self.halt()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def make_database(self, name: str, *options: str) -> str:
        """Make an empty database and return its URL."""
        self._call([_programs() / "createdb", "--host", self.folder, "--username", "keeper", *options, name])
        return self.url(name)

    def say(self, statement: str, database: str = "postgres") -> str:
        """Execute a statement and return what it answers, bare."""
        bare = ["--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--dbname", database, "--command", statement]
        return self._call([_programs() / "psql", "--host", self.folder, "--username", "keeper", *bare])

    def _call(self, command: list[str | Path]) -> str:
        told = ["setpriv", *_as_whom(), "--", *command]
        done = subprocess.run(told, check=False, capture_output=True, text=True, cwd="/")
        if done.returncode:
            self.stop()
            raise RuntimeError(f"{command[0]} failed: {done.stderr}")
        return done.stdout.strip()


def _programs() -> Path:
    """Return the folder of the newest version that is installed."""
    found = sorted((folder.parent for folder in _VERSIONS.glob("*/bin/initdb")), key=lambda it: int(it.parent.name))
    if not found:
        raise SystemExit(_MISSING)
    return found[-1]


def _as_whom() -> list[str]:
    """Return options of setpriv."""
    if os.geteuid() != 0:
        return ["--no-new-privs"]
    return [f"--reuid={_UNPRIVILEGED}", "--regid=nogroup", "--clear-groups"]
