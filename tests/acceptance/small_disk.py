"""The scenario of `test_full_disk`: run inside a mount namespace of its own, it prints ``done`` where all went well.

A data directory on a small disk, the real server with its worker and browser: the disk is filled in the middle of a
capture, stays nearly full for a while, and is freed. Then the same with the disk of the temporary folder.
"""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pagekeep.storage.layout import DataDir
from processes import wait_until
from whole_archive import problems

PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")
DISK, NEEDED, MIB = 160, 80, 2**20
SECONDS = 90.0


class Site(ThreadingHTTPServer):
    """Answers /slow… only when ``go_on`` is set, everything else at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            self.server.asked.set()
            self.server.go_on.wait(SECONDS)
        body = f"<title>Page {self.path}</title><h1>Some text</h1>{'<p>And more of it, and more.' * 2000}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Archive:
    """The archive on the small disk, and its server."""

    def __init__(self, root: Path, site: Site) -> None:
        self.data, self.temp, self.log = root, root.parent / "temp", root.parent / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        self.environ = kept | {
            "PAGEKEEP_DATA_DIR": str(root),
            "TMPDIR": str(self.temp),
            "PAGEKEEP_PORT": "0",
            "PAGEKEEP_TABS": "2",
            "PAGEKEEP_PLUGINS": "title,headers,screenshot,dom,htmltotext,outlinks,pdf,warc,wacz,hashes",
            "PAGEKEEP_WORKER_NICENESS": "0",
            "PAGEKEEP_MIN_FREE_SPACE": f"{NEEDED}M",
            "PAGEKEEP_ALLOW_PRIVATE": site.origin.removeprefix("http://"),
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*PAGEKEEP, *arguments], env=self.environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(self) -> "subprocess.Popen[bytes]":
        with self.log.open("w") as log:
            process = subprocess.Popen([*PAGEKEEP, "server"], env=self.environ, stderr=log)
        wait_until(lambda: "Serving the archive at" in self.log.read_text(), SECONDS, "serving")
        self.origin = re.search(r"at (http://\S+)", self.log.read_text())[1]  # type: ignore[index]
        wait_until(lambda: self.health()[0] == 200, SECONDS, "a worker")
        return process

    def health(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.origin}/health/", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def worker(self) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.origin}/api/v1/workers/workers", headers={"X-ArchiveBox-API-Key": self.token}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            (worker,) = [item for item in json.load(answer)["items"] if item["state"] != "lost"]
            return dict(worker)

    def pages(self) -> dict[str, tuple[str, int]]:
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/pagekeep.sqlite3?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT url, status, attempts FROM archive_snapshot").fetchall()
        return {url.rpartition("/")[2]: (status, attempts) for url, status, attempts in rows}


def fill(disk: Path, leave: int) -> None:
    """Fill a disk until so many bytes are free, as well as that goes while others write."""
    with (disk / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
        while (left := _left(disk)) > leave:
            ballast.write(bytes(min(left - leave, 65536)))
        while leave == 0:
            ballast.write(bytes(4096))


def free(disk: Path, size: int) -> None:
    """Give room back until so many bytes are free."""
    ballast, missing = disk / "ballast", size - _left(disk)
    if missing > 0:
        os.truncate(ballast, max(0, ballast.stat().st_size - missing))


def _left(disk: Path) -> int:
    told = os.statvfs(disk)
    return told.f_bavail * told.f_frsize


def play(archive: Archive, site: Site) -> None:
    """Fill the disk in the middle of a capture, and free it."""
    archive.run("add", "--no-wait", f"{site.origin}/first")
    wait_until(lambda: archive.pages()["first"][0] == "succeeded", SECONDS, "a page on an empty disk")

    archive.run("add", "--no-wait", f"{site.origin}/slow")
    assert site.asked.wait(SECONDS)
    fill(archive.data, leave=0)
    site.go_on.set()
    wait_until(lambda: "is given back" in archive.log.read_text(), SECONDS, "meeting the full disk")
    wait_until(lambda: archive.health()[0] == 503, SECONDS, "a health that tells the truth")
    assert "disk" in archive.health()[1]

    free(archive.data, 20 * MIB)  # the database can be written, and there is still too little for pages
    wait_until(lambda: archive.pages()["slow"] == ("queued", 0), SECONDS, "the page in the queue, not counted")
    wait_until(lambda: archive.worker()["state"] == "paused", SECONDS, "the pause")
    assert f"PAGEKEEP_MIN_FREE_SPACE asks for {NEEDED} MiB" in archive.worker()["reason"]
    assert "MiB free, PAGEKEEP_MIN_FREE_SPACE asks for" in archive.run("status")
    archive.run("add", "--no-wait", f"{site.origin}/later")
    assert archive.health()[0] == 503
    assert not list(problems(DataDir(archive.data), ended=False))

    free(archive.data, 140 * MIB)
    wait_until(lambda: {archive.pages()[name][0] for name in ("slow", "later")} == {"succeeded"}, SECONDS, "going on")
    assert archive.pages()["slow"] == ("succeeded", 1)
    wait_until(lambda: archive.worker()["state"] == "idle", SECONDS, "an idle worker")
    assert archive.worker()["reason"] == ""
    assert archive.health() == (200, "OK")


def play_with_temp(archive: Archive, site: Site) -> None:
    """Fill the disk of the temporary folder in the middle of a capture, and free it."""
    site.asked.clear()
    site.go_on.clear()
    archive.run("add", "--no-wait", f"{site.origin}/slow-again")
    assert site.asked.wait(SECONDS)
    fill(archive.temp, leave=0)
    archive.run("add", "--no-wait", f"{site.origin}/last")
    site.go_on.set()
    wait_until(lambda: archive.worker()["state"] == "paused", SECONDS, "the pause for the temporary folder")
    assert "temporary folder" in archive.worker()["reason"]
    wait_until(lambda: archive.health()[0] == 503, SECONDS, "a health that knows of it")
    assert "disk" in archive.health()[1]
    wait_until(lambda: archive.pages()["last"] == ("queued", 0), SECONDS, "a page that waits")

    free(archive.temp, 140 * MIB)
    wait_until(lambda: archive.pages()["last"] == ("succeeded", 1), SECONDS, "going on with room for temporary files")
    wait_until(lambda: archive.pages()["slow-again"] == ("succeeded", 1), SECONDS, "the page that was not to blame")
    wait_until(lambda: archive.health() == (200, "OK"), SECONDS, "good health")


def main() -> None:
    place = Path(sys.argv[1])
    temp = place.parent / "temp"
    temp.mkdir()
    for disk in (place, temp):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", str(disk)], check=True)
    with Site() as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        archive = Archive(place, site)
        archive.run("init")
        archive.run("user", "create", "admin")
        archive.token = archive.run("token", "create").strip()
        server = archive.serve()
        try:
            play(archive, site)
            play_with_temp(archive, site)
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(20)
            sys.stdout.write(archive.log.read_text())
        assert code == 0, code
        assert "Traceback" not in archive.log.read_text()
        found = list(problems(DataDir(place), ended=True))
        assert not found, found
        sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
