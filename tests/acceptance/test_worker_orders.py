"""A real server and a real worker with a real browser: orders by the API and by commands, while a page loads."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 60.0
SOON = 5.0
PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")


class Site(ThreadingHTTPServer):
    """Answers /slow only when ``go_on`` is set, everything else at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.asked.set()
            self.server.go_on.wait(60)
        body = b"<title>Good</title><p>Some text."
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Archive:
    """An archive in a temporary folder, its processes, and calls of its API."""

    def __init__(self, root: Path, site: Site) -> None:
        self.root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        self.environ = kept | {
            "PAGEKEEP_DATA_DIR": str(root / "data"),
            "PAGEKEEP_PORT": "0",
            "PAGEKEEP_ALLOW_PRIVATE": site.origin.removeprefix("http://"),
            "PAGEKEEP_PLUGINS": "title",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.origin = self.token = ""

    def start(self, *arguments: str) -> "tuple[subprocess.Popen[bytes], Path]":
        said = self.root / f"err{len(self.processes)}"
        with said.open("wb") as err:
            process = subprocess.Popen([*PAGEKEEP, *arguments], env=self.environ, stderr=err, start_new_session=True)
        self.processes.append(process)
        return process, said

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*PAGEKEEP, *arguments], env=self.environ, capture_output=True, text=True, timeout=60)

    def serve(self) -> None:
        self.run("init")
        self.run("user", "create", "admin")
        self.token = self.run("token", "create").stdout.strip()
        _, said = self.start("server", "--no-worker")
        wait_until(lambda: "Serving the archive at" in said.read_text(), START_SECONDS)
        self.origin = re.search(r"at (http://\S+)", said.read_text())[1].rstrip("/")  # type: ignore[index]
        wait_until(lambda: self.answers("machine/machine/current"), START_SECONDS)

    def answers(self, path: str) -> bool:
        try:
            self.api("GET", path)
        except OSError:
            return False
        return True

    def api(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.origin}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-ArchiveBox-API-Key": self.token},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def workers(self, **query: str) -> list[dict[str, Any]]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        found: list[dict[str, Any]] = self.api("GET", f"workers/workers?{asked}")["items"]
        return found

    def statuses(self) -> dict[str, str]:
        items = self.api("GET", "core/snapshots")["items"]
        return {item["url"].rpartition("/")[2]: item["status"] for item in items}


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.fixture
def archive(tmp_path: Path, site: Site) -> Iterator[Archive]:
    made = Archive(tmp_path, site)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.terminate()
    for process in made.processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_worker_obeys_by_the_api_while_it_captures(archive: Archive, site: Site) -> None:
    archive.serve()
    process, _ = archive.start("worker", "--tabs", "1")
    wait_until(lambda: bool(archive.workers(state="idle")), START_SECONDS)
    (worker,) = archive.workers()
    assert worker["pid"] == process.pid
    one = f"workers/worker/{worker['id']}"

    archive.api("POST", "cli/add", {"urls": [f"{site.origin}/slow", f"{site.origin}/next"]})
    assert site.asked.wait(START_SECONDS)
    running = archive.api("GET", one)
    assert running["running_count"] == 1
    assert running["running_workers"][0]["url"] == f"{site.origin}/slow"
    assert running["running_workers"][0]["started_at"] is not None
    assert archive.api("GET", "workers/orchestrator")["queues"] == {
        "queued": 1,
        "started": 1,
        "backoff": 0,
        "paused": 0,
    }

    assert archive.api("PATCH", one, {"action": "drain"})["state"] == "draining"
    site.go_on.set()
    wait_until(lambda: archive.statuses() == {"slow": "succeeded", "next": "queued"}, START_SECONDS)
    wait_until(lambda: archive.api("GET", one)["succeeded"] == 1, START_SECONDS)  # said by a later heartbeat
    assert archive.statuses()["next"] == "queued"
    assert process.poll() is None

    listed = archive.run("worker", "list").stdout
    assert f":{process.pid} draining (told to drain), 0 pages at work" in listed
    archive.api("PATCH", one, {"action": "resume"})
    wait_until(lambda: archive.statuses()["next"] == "succeeded", SOON + 10)

    archive.api("PATCH", one, {"action": "stop"})
    assert process.wait(SOON + 10) == 0
    assert archive.workers() == []


def test_a_killed_worker_is_lost_and_its_page_taken_over(archive: Archive, site: Site) -> None:
    archive.serve()
    victim, _ = archive.start("worker", "--tabs", "1")
    archive.api("POST", "cli/add", {"urls": [f"{site.origin}/slow"]})
    assert site.asked.wait(START_SECONDS)
    site.asked.clear()
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    other, _ = archive.start("worker", "--tabs", "1")
    assert site.asked.wait(START_SECONDS)  # long before the lease of 60 s would have ended
    site.go_on.set()
    (lost,) = archive.workers(state="lost")
    assert lost["pid"] == victim.pid
    done = archive.run("worker", "resume", lost["name"])
    assert done.returncode == 4
    assert "is lost" in done.stderr
    wait_until(lambda: archive.statuses() == {"slow": "succeeded"}, START_SECONDS)

    assert archive.run("worker", "stop", "--all").returncode == 0
    assert other.wait(SOON + 10) == 0


def test_a_command_that_captures_by_itself_can_be_told_to_stop(archive: Archive, site: Site) -> None:
    archive.environ["PAGEKEEP_TABS"] = "1"
    archive.serve()
    adding, said = archive.start("add", f"{site.origin}/slow", f"{site.origin}/next")
    assert site.asked.wait(START_SECONDS)
    (worker,) = archive.workers()
    archive.api("PATCH", f"workers/worker/{worker['name']}", {"action": "stop"})
    wait_until(lambda: archive.workers(state="draining")[0]["heartbeat_at"] > worker["heartbeat_at"], SOON + 10)
    site.go_on.set()
    assert adding.wait(SOON + 10) == 130
    assert archive.statuses() == {"slow": "succeeded", "next": "queued"}
    assert "Still queued: 1 page" in said.read_text()


def test_the_server_knows_machine_and_programs_without_a_worker(archive: Archive) -> None:
    archive.serve()
    wait_until(lambda: len(archive.api("GET", "machine/binaries")["items"]) == 8, START_SECONDS)
    assert archive.api("GET", "machine/binary/by-name/chromium")[0]["is_valid"]
    assert archive.api("GET", "machine/machine/current")["stats"]["versions"]["chromium"]
