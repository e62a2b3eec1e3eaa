"""A real server on an archive of its own, filled with something of every kind."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SEED = Path(__file__).with_name("seed_archive.py")
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Live:
    """A server that answers. ``environ`` makes further commands use its archive; ``log`` is what it prints."""

    address: str
    token: str
    environ: dict[str, str]
    log: Path

    def pagekeep(self, *arguments: str) -> str:
        """Run a command on its archive and return what it prints."""
        command = [sys.executable, "-m", "pagekeep.cli.main", *arguments]
        return subprocess.run(command, env=self.environ, check=True, capture_output=True, text=True).stdout


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Live]:
    """Seed an archive in ``home`` and serve it while the block runs.

    Args:
        settings: names without PAGEKEEP_.
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")} | {
        "PAGEKEEP_DATA_DIR": str(home / "data"),
        "PAGEKEEP_PORT": "0",
        "PAGEKEEP_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings",
        **{f"PAGEKEEP_{name}": value for name, value in settings.items()},
    }
    seeding = [sys.executable, str(SEED)]
    token = subprocess.run(seeding, env=environ, check=True, capture_output=True, text=True).stdout.strip()
    log = home / "server.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "pagekeep.cli.main", "server", "--no-worker"]
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out)
    try:
        yield Live(_address(log, process), token, environ, log)
    finally:
        process.terminate()
        process.wait(30)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    word = "Serving the archive at "
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        lines = [line for line in log.read_text().splitlines() if line.startswith(word)]
        if lines:
            address = lines[0].removeprefix(word)
            try:
                with urllib.request.urlopen(f"{address}/robots.txt", timeout=1):
                    return address
            except OSError:
                pass
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"The server did not start: {log.read_text()}")
