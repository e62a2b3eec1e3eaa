"""The real product under attack: ``pagekeep server`` with its worker and browser, and what can be killed of it."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from processes import alive, family_of, named, wait_until

PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")
SECONDS = 120.0
PLUGINS = "title,headers,favicon,screenshot,dom,htmltotext,outlinks,warc,wacz,hashes"


class Archive:
    """An archive in a temporary folder; its temporary files lie there too, so that none is overlooked.

    Attributes:
        data: the data directory.
        temp: where temporary files lie.
        log: what all processes say.
    """

    def __init__(self, root: Path, allow_private: str) -> None:
        self.data, self.temp, self.log = root / "data", root / "tmp", root / "log"
        self.temp.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        own = {
            "DATA_DIR": str(self.data),
            "PORT": "0",
            "TABS": "2",
            "PLUGINS": PLUGINS,
            "ALLOW_PRIVATE": allow_private,
            "WEBHOOK_ALLOW_PRIVATE": allow_private,
            "WORKER_NICENESS": "0",
            "TIMEOUT": "20",
            "LEASE_SECONDS": "20",
        }
        self._environ = kept | {"TMPDIR": str(self.temp)} | {f"PAGEKEEP_{name}": text for name, text in own.items()}
        self._process: subprocess.Popen[bytes] | None = None
        self._sessions: dict[int, int] = {}
        self._token = ""

    def prepare(self, endpoint: str) -> None:
        """Make it, with an administrator, and have ``endpoint`` told of each success: the database notes each one."""
        self.run("init")
        self.run("user", "create", "admin")
        self._token = self.run("token", "create").strip()
        self.run("webhook", "create", endpoint, "--event", "snapshot.succeeded")

    def run(self, *arguments: str) -> str:
        """Run a command and return what it prints."""
        done = subprocess.run([*PAGEKEEP, *arguments], env=self._environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start the server, unless it runs; it starts its worker."""
        if self._process is not None and self._process.poll() is None:
            return
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*PAGEKEEP, "server"], env=self._environ, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(lambda: b"Serving the archive at" in self.log.read_bytes()[before:], SECONDS, "serving")
        said = self.log.read_bytes()[before:].decode(errors="replace")
        self._origin = re.search(r"Serving the archive at (http://\S+)", said)[1]  # type: ignore[index]

    def stop(self) -> int:
        """End it as a service manager does; return the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def gone(self) -> None:
        """Wait until the process that watches the others has ended."""
        assert self._process is not None
        self._process.wait(30)

    def supervisor(self) -> int:
        """Return the id of the process that watches the others."""
        assert self._process is not None
        return self._process.pid

    def add(self, urls: list[str]) -> bool:
        """Add URLs over the API; return False if the server was gone meanwhile: they may have been added or not."""
        request = urllib.request.Request(
            f"{self._origin}/api/v1/cli/add",
            data=json.dumps({"urls": urls}).encode(),
            headers={"X-ArchiveBox-API-Key": self._token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return bool(json.load(answer)["success"])
        except (OSError, ValueError, EOFError):
            return False

    def answers(self) -> bool:
        """Whether the server answers."""
        try:
            urllib.request.urlopen(f"{self._origin}/robots.txt", timeout=5).close()
        except OSError:
            return False
        return True

    def victims(self) -> dict[str, list[int]]:
        """Return what runs now, by what it is."""
        family = self.family()
        browsers = named(family, "--remote-debugging-pipe")
        renderers = named(family, "--type=renderer")
        return {
            "worker": named(family, "pagekeep.cli.main", "worker"),
            "server": named(family, "pagekeep.cli.main", "server", "--no-worker"),
            "browser": [number for number in browsers if number not in named(family, "--type=")],
            "renderer": renderers,
            "supervisor": [self.supervisor()],
        }

    def family(self) -> set[int]:
        """Return all living processes, the browsers' included, and note when their sessions were last seen."""
        family = family_of(self.data, self.temp)
        now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))
        for number in family:
            if (seen := _session_and_start(number)) and seen[0] != os.getsid(0):
                self._sessions[seen[0]] = now
        return family

    def orphans(self) -> dict[int, str]:
        """Return the processes that live although what had started them does not, with their command lines."""
        found = self.family() | {number for number in _all() if self._was_ours(number)}
        return {number: _command(number) for number in alive(found) if not self._belongs(number)}

    def _was_ours(self, number: int) -> bool:
        """Whether a process is in a session of ours, and not in a later one of somebody else that has its number."""
        seen = _session_and_start(number)
        return seen is not None and seen[1] <= self._sessions.get(seen[0], -1)

    def _belongs(self, number: int) -> bool:
        """Whether a process descends from the one that watches them all."""
        while number > 1:
            if number == self.supervisor():
                return True
            try:
                number = int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                return True  # it has ended
        return False

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Read the database, as another process than those that use it."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.data}/pagekeep.sqlite3?mode=ro", uri=True, timeout=30)
        ) as database:
            return database.execute(statement).fetchall()


def _session_and_start(number: int) -> tuple[int, int] | None:
    """Return the session of a process and when it started (clock ticks since the boot); None for one that has ended."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[3]), int(fields[19])


def _command(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")[:200]
    except (FileNotFoundError, ProcessLookupError):
        return "ended"


def _all() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}
