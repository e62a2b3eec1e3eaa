"""``pagekeep run`` as a newcomer sees it: one command, a real browser, an archive that answers, and a clean end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagekeep.domain.plugins import DEFAULT_PLUGINS

# Outputs the sample page has nothing for.
NOT_THERE = {
    "redirects": "noresults",
    "sslcerts": "skipped",
    "static": "skipped",
    "consolelog": "noresults",
    "media": "skipped",
    "git": "skipped",
}
START_SECONDS = 90.0
STOP_SECONDS = 10.0


class Run:
    """A running ``pagekeep run``; what it prints is in files."""

    def __init__(self, root: Path, number: int, **settings: str) -> None:
        self.out, self.err = root / f"out{number}", root / f"err{number}"
        # Every process of this run carries the name of its data directory in its environment.
        self.data = root / "data"
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pagekeep.cli.main", "run"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environ
                | {"PAGEKEEP_DATA_DIR": str(self.data), "PAGEKEEP_PORT": "0", "PAGEKEEP_WORKER_NICENESS": "0"}
                | {f"PAGEKEEP_{name}": value for name, value in settings.items()},
                start_new_session=True,
            )

    def ready(self) -> str:
        """Wait for the last line it prints at the start and return all."""

        def told() -> bool:
            assert self.process.poll() is None, self.err.read_text()
            return "Ctrl-C stops everything." in self.out.read_text()

        wait_until(told, START_SECONDS)
        return self.out.read_text()

    def curl(self) -> tuple[str, dict[str, str]]:
        """Return URL and headers of the printed curl line."""
        (line,) = [line for line in self.out.read_text().splitlines() if line.startswith("curl ")]
        _, option, header, url = shlex.split(line)
        assert option == "-H"
        name, _, value = header.partition(": ")
        return url, {name: value}

    def processes(self) -> set[int]:
        """Return the ids of all processes of this run that live, its browser's included."""
        mark = str(self.data).encode()
        family: set[int] = set()
        parents: dict[int, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state == "Z":
                    continue
                parents[int(folder.name)] = int(parent)
                if mark in (folder / "environ").read_bytes():
                    family.add(int(folder.name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # it ended while we looked, or is not ours
        while grown := {child for child, parent in parents.items() if parent in family} - family:
            family |= grown
        return family


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(**settings: str) -> Run:
        runs.append(Run(tmp_path, len(runs), **settings))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.wait()


def alive(ids: set[int]) -> set[int]:
    living = set()
    for number in ids:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                living.add(number)
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone
    return living


def test_run_archives_the_sample_serves_it_and_stops(start: Callable[..., Run]) -> None:
    first = start()
    told = first.ready()
    assert re.search(r"Password +\S{12,}", told)
    expected = dict.fromkeys(DEFAULT_PLUGINS, "succeeded") | NOT_THERE
    for plugin, status in expected.items():
        # What does not apply is not spoken of.
        assert (f"  {plugin} {status}" in first.err.read_text()) == (status != "skipped")
    url, headers = first.curl()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            (snapshot,) = json.load(answer)["items"]
    except urllib.error.HTTPError as error:
        pytest.fail(f"{url} answered {error.code}")
    assert snapshot["status"] == "succeeded"
    assert snapshot["title"] == "Pagekeep keeps this page"
    results = {result["plugin"]: result["status"] for result in snapshot["archiveresults"]}
    assert results == expected

    family = first.processes()
    assert len(family) >= 4  # run, server and its child, worker; and the browser
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(STOP_SECONDS) == 0
    assert alive(family) == set()

    again = start()
    told = again.ready()
    assert "Password  " not in told
    assert re.search(r"pagekeep --data-dir \S+ user password admin", told)
    assert "Archiving" not in again.err.read_text()
    assert again.curl()[1] != headers
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(STOP_SECONDS) == 0


def test_nothing_survives_a_kill_of_the_run(start: Callable[..., Run]) -> None:
    run = start()
    run.ready()
    family = run.processes()
    run.process.kill()
    run.process.wait()
    wait_until(lambda: not alive(family), STOP_SECONDS)


def test_a_server_or_worker_that_dies_is_started_again(start: Callable[..., Run]) -> None:
    run = start()
    run.ready()
    url, headers = run.curl()
    for name in ("server", "worker"):
        (victim,) = [
            number
            for number in run.processes()
            if f"pagekeep.cli.main\0{name}\0".encode() in Path(f"/proc/{number}/cmdline").read_bytes()
            and Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1] == str(run.process.pid)
        ]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda name=name: f"The {name} has ended unexpectedly" in run.err.read_text(), STOP_SECONDS)

    def answers() -> bool:
        try:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    wait_until(answers, 30)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(STOP_SECONDS) == 0


def test_a_worker_told_to_stop_is_not_started_again(start: Callable[..., Run]) -> None:
    run = start()
    run.ready()
    url, headers = run.curl()
    workers = url.partition("/core/")[0] + "/workers"

    def ask(path: str, method: str = "GET", body: dict[str, str] | None = None) -> Any:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{workers}/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    (worker,) = ask("workers?state=idle")["items"]
    assert ask(f"worker/{worker['id']}", "PATCH", {"action": "stop"})["state"] == "draining"
    wait_until(lambda: "The worker has ended as it was told to" in run.err.read_text(), STOP_SECONDS)
    assert not alive({worker["pid"]})
    assert ask("orchestrator")["is_running"] is False
    assert "ended unexpectedly" not in run.err.read_text()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(STOP_SECONDS) == 0


def test_a_browser_that_does_not_start_ends_the_run_with_its_sentence(start: Callable[..., Run]) -> None:
    run = start(CHROMIUM="/bin/false")
    assert run.process.wait(START_SECONDS) == 5
    assert "Error: /bin/false is no browser" in run.err.read_text()
    assert "Traceback" not in run.err.read_text()
