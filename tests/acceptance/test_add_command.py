"""``pagekeep add`` with a real browser: progress line by line, a failed page beside a good one, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HELD_SECONDS = 30.0


class Site(ThreadingHTTPServer):
    """Answers /page at once and 404 to most else; /slow answers only when ``go_on`` is set."""

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
            self.server.go_on.wait(HELD_SECONDS)
        body = b"<title>Good</title><p>Some text. <a href='mailto:me@example.com'>Write</a>"
        self.send_response(200 if self.path in ("/page", "/slow") else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.fixture
def environ(site: Site, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    address = site.origin.removeprefix("http://")
    own = {"DATA_DIR": str(tmp_path / "data"), "ALLOW_PRIVATE": address, "WORKER_NICENESS": "0"}
    return kept | {f"PAGEKEEP_{name}": value for name, value in own.items()}


def pagekeep(environ: dict[str, str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pagekeep.cli.main", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environ, timeout=90)


def test_pages_are_captured_here_where_no_worker_runs(site: Site, environ: dict[str, str]) -> None:
    urls = f"{site.origin}/page\n{site.origin}/missing\nmailto:me@example.com\n"
    done = pagekeep(environ, "add", "--json", "--plugins", "title,htmltotext", stdin=urls)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["url"] for line in lines if line["type"] == "refused"] == ["mailto:me@example.com"]
    pages = {line["url"]: line for line in lines if line["type"] == "snapshot"}
    assert pages[f"{site.origin}/page"]["status"] == "succeeded"
    assert pages[f"{site.origin}/page"]["title"] == "Good"
    assert {made["plugin"] for made in pages[f"{site.origin}/page"]["archiveresults"]} == {"title", "htmltotext"}
    assert pages[f"{site.origin}/missing"]["status"] == "failed"
    assert "404" in pages[f"{site.origin}/missing"]["reason"]
    assert "title succeeded: Good" in done.stderr
    assert "1 page succeeded, 1 failed, 1 refused." in done.stderr


def test_links_that_are_refused_are_counted_at_the_end(site: Site, environ: dict[str, str]) -> None:
    done = pagekeep(environ, "add", "--depth", "1", "--plugins", "title,outlinks", f"{site.origin}/page")
    assert "1 page succeeded, 0 failed, 1 refused." in done.stderr
    assert done.returncode == 0


def test_ctrl_c_gives_pages_back_and_a_worker_goes_on(site: Site, environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pagekeep.cli.main", "add", "--plugins", "title", f"{site.origin}/slow"]
    adding = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert site.asked.wait(60)
    adding.send_signal(signal.SIGINT)
    _, said = adding.communicate(timeout=15)
    assert adding.returncode == 130
    assert "Still queued: 1 page; go on with: " in said
    assert "crawl seal " in said
    assert said.rstrip().endswith("worker --until-idle")
    (waiting,) = map(json.loads, pagekeep(environ, "list", "--json").stdout.splitlines())
    assert waiting["status"] == "queued"

    site.go_on.set()
    assert pagekeep(environ, "worker", "--until-idle").returncode == 0
    (ended,) = map(json.loads, pagekeep(environ, "list", "--json").stdout.splitlines())
    assert (ended["id"], ended["status"], ended["title"]) == (waiting["id"], "succeeded", "Good")


def test_ctrl_c_leaves_the_crawl_to_the_worker_and_it_can_be_followed(site: Site, environ: dict[str, str]) -> None:
    assert pagekeep(environ, "init").returncode == 0
    command = [sys.executable, "-m", "pagekeep.cli.main"]
    streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    worker = subprocess.Popen([*command, "worker"], env=environ, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not pagekeep(environ, "worker", "list", "--json").stdout:
            assert worker.poll() is None
            assert time.monotonic() < end
        adding = subprocess.Popen(
            [*command, "add", "--wait", "--plugins", "title", f"{site.origin}/slow"], env=environ, **streams
        )
        assert site.asked.wait(60)
        adding.send_signal(signal.SIGINT)
        _, said = adding.communicate(timeout=30)
        assert adding.returncode == 130
        assert "It goes on; 1 page left. Follow: " in said
        (crawl,) = map(json.loads, pagekeep(environ, "crawl", "list", "--json").stdout.splitlines())
        assert f"crawl seal {crawl['id']}" in said
        shown = json.loads(pagekeep(environ, "crawl", "show", crawl["id"], "--json").stdout)
        assert (shown["waits_for"], shown["at_work"][0]["url"]) == ("pages", f"{site.origin}/slow")
        status = pagekeep(environ, "status").stdout
        assert f"{site.origin}/slow open" in status
        assert "1 of " in status

        following = subprocess.Popen([*command, "crawl", "follow", crawl["id"]], env=environ, **streams)
        site.go_on.set()
        _, said = following.communicate(timeout=60)
        assert following.returncode == 0
        assert said.endswith("1 page succeeded, 0 failed, 0 refused.\n")
    finally:
        worker.send_signal(signal.SIGINT)
        assert worker.wait(60) == 0


def test_who_stops_reading_is_told_what_is_left(site: Site, environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pagekeep.cli.main", "add", "--json", "--plugins", "title"]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, f"{site.origin}/page", f"{site.origin}/slow"], env=environ, **streams) as adding:
        assert adding.stdout
        assert adding.stderr
        adding.stdout.close()
        said = adding.stderr.read()
    assert adding.returncode == 0
    assert "Still queued: 1 page; go on with: " in said
