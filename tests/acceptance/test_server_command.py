"""``pagekeep server``: one command that serves, captures, and keeps its worker going."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from processes import alive, family_of, named, wait_until
from testsite.server import TestSite

PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")
START_SECONDS = 60.0
STOP_SECONDS = 12.0


class Server:
    """A running ``pagekeep server`` on an archive of its own."""

    def __init__(self, root: Path, *options: str, **settings: str) -> None:
        self.data, self.err = root / "data", root / "err"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        own = {"DATA_DIR": str(self.data), "PORT": "0", "TABS": "1", "PLUGINS": "title", "ALLOW_PRIVATE": "127.0.0.1"}
        self.environ = kept | {f"PAGEKEEP_{name}": value for name, value in (own | settings).items()}
        with self.err.open("w") as err:
            self.process = subprocess.Popen(
                [*PAGEKEEP, "server", *options],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.err.read_text()

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*PAGEKEEP, *arguments], env=self.environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def workers(self) -> list[int]:
        return named(family_of(self.data), "pagekeep.cli.main", "worker")

    def has_worker(self) -> bool:
        listed = self.run("worker", "list", "--json") if "Serving" in self.said() else ""
        return any(json.loads(line)["state"] != "lost" for line in listed.splitlines())

    def statuses(self) -> dict[str, str]:
        rows = [json.loads(line) for line in self.run("list", "--json").splitlines()]
        return {re.sub(r".*/", "", row["url"]): row["status"] for row in rows}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def begin(*options: str, **settings: str) -> Server:
        servers.append(Server(tmp_path, *options, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()


@pytest.fixture
def site() -> Iterator[TestSite]:
    with TestSite() as running:
        yield running


def test_the_server_captures_by_itself_and_ends_with_all_it_started(
    start: Callable[..., Server], site: TestSite
) -> None:
    server = start()
    wait_until(server.has_worker, START_SECONDS)
    server.run("add", "--no-wait", site.url("/plain"))
    wait_until(lambda: server.statuses() == {"plain": "succeeded"}, START_SECONDS)
    family = family_of(server.data)
    assert named(family, "--type=zygote") or named(family, "--headless") or len(family) > 4  # the browser is there
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_SECONDS) == 0
    assert alive(family) == set()
    assert "unexpectedly" not in server.said()


def test_a_server_told_so_starts_no_worker(start: Callable[..., Server]) -> None:
    for options, settings in ((("--no-worker",), {}), ((), {"SERVER_WORKER": "false"})):
        server = start(*options, **settings)
        wait_until(lambda server=server: "Serving the archive at" in server.said(), START_SECONDS)
        assert not server.workers()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(STOP_SECONDS) == 0


def test_without_a_browser_the_server_serves_and_says_what_the_worker_lacks(start: Callable[..., Server]) -> None:
    server = start(CHROMIUM="/bin/false")
    wait_until(lambda: "The worker cannot work on this machine" in server.said(), START_SECONDS)
    wait_until(lambda: "Serving the archive at" in server.said(), START_SECONDS)
    assert "Error: /bin/false is no browser" in server.said()
    assert server.process.poll() is None
    assert server.run("status").count("not running") == 0
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_SECONDS) == 0


def test_a_worker_that_hangs_is_replaced_and_its_page_taken_over(start: Callable[..., Server], site: TestSite) -> None:
    server = start(LEASE_SECONDS="3", TIMEOUT="4")
    wait_until(server.has_worker, START_SECONDS)
    (hanging,) = server.workers()
    server.run("add", "--no-wait", site.url("/drip"))
    site.wait_for("/drip", seconds=START_SECONDS)
    os.kill(hanging, signal.SIGSTOP)
    wait_until(lambda: "The worker has not moved for" in server.said(), START_SECONDS)
    assert alive({hanging}) == set()
    wait_until(lambda: server.statuses() == {"drip": "failed"}, START_SECONDS)
    (told,) = [json.loads(line)["reason"] for line in server.run("list", "--json").splitlines()]
    assert told == "The page did not open within 4 seconds."  # what the second worker saw, to the end


def test_where_logs_are_json_every_line_on_stderr_is_an_object(start: Callable[..., Server]) -> None:
    server = start("--worker", LOG_FORMAT="json")
    wait_until(server.has_worker, START_SECONDS)
    said = [json.loads(line) for line in server.said().splitlines()]
    (serving,) = (line["message"] for line in said if line["message"].startswith("Serving the archive at "))
    address = serving.removeprefix("Serving the archive at ")
    with urllib.request.urlopen(f"{address}/robots.txt", timeout=20) as answer:
        assert answer.status == 200
    server.process.terminate()
    server.process.wait(STOP_SECONDS)
    lines = [json.loads(line) for line in server.said().splitlines()]
    assert any(line.get("path") == "/robots.txt" and line["status"] == 200 for line in lines)
    assert any(line["message"].startswith("The worker takes pages") and line["worker"] for line in lines)
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
