"""``pagekeep status``: once in a pipe, live on a real terminal, a stream of records."""

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from commands import Archive

SECONDS = 60.0


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    made.jsonl("add", "https://example.com/a", "https://example.com/b", "--no-wait", "--label", "Two \x1b[31mletters")
    made.jsonl("add", "https://example.org/", "--index-only")
    return made


def environ() -> dict[str, str]:
    left_out = ("PAGEKEEP_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"TERM": "xterm-256color"}


def command(archive: Archive, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pagekeep.cli.main", "--data-dir", str(archive.root), "status", *arguments]


def test_a_pipe_gets_it_once_as_lines(archive: Archive) -> None:
    lines = archive.run("status", "--watch").stdout.splitlines()
    assert "Queue:     2 waiting, 0 being captured, 1 paused" in lines
    (letters,) = [line for line in lines if "Two  [31mletters" in line]
    assert letters.endswith("Two  [31mletters: 0/2 pages, no worker runs")
    assert any(line.endswith("https://example.org/: 0/1 pages, paused") for line in lines)


def test_records_have_crawls_queue_and_disk(archive: Archive) -> None:
    (status,) = archive.jsonl("status")
    assert (status["type"], status["snapshots"], status["snapshots_queued"]) == ("status", 3, 2)
    assert status["queue"] == {"queued": 2, "started": 0, "backoff": 0, "paused": 1}
    assert [(crawl["status"], crawl["num_open"]) for crawl in status["crawls"]] == [("paused", 1), ("queued", 2)]
    assert 0 < status["disk_free"] <= status["disk_total"]


def test_a_stream_of_records_goes_on_until_it_is_stopped(archive: Archive) -> None:
    watching = command(archive, "--watch", "--json", "--interval", "0.1")
    with subprocess.Popen(watching, stdout=subprocess.PIPE, text=True, env=environ()) as process:
        assert process.stdout is not None
        assert [json.loads(process.stdout.readline())["snapshots_paused"] for _ in range(2)] == [1, 1]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_a_terminal_is_redrawn_and_left_as_it_was(archive: Archive) -> None:
    terminal, its_end = pty.openpty()
    ioctl(its_end, TIOCSWINSZ, struct.pack("HHHH", 30, 70, 0, 0))
    watching = command(archive, "--watch", "--interval", "0.1")
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), its_end)
    with subprocess.Popen(watching, env=environ(), start_new_session=True, **streams) as process:
        said = read_until(terminal, lambda said: said.count("Archive") >= 3)
        archive.jsonl("crawl", "seal", *(crawl["id"] for crawl in archive.jsonl("crawl", "list")))
        said += read_until(terminal, lambda said: "3 sealed" in said)
        process.send_signal(signal.SIGINT)
        said += read_until(terminal, lambda said: "\x1b[?25h" in said)
    assert process.returncode == 0
    for end in (terminal, its_end):
        os.close(end)
    assert "0/2 pages" in said
    assert "━" in said
    frame = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.rpartition("Archive")[2])
    assert max(map(len, frame.splitlines())) <= 70
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h") == 1


def read_until(terminal: int, enough: Callable[[str], bool]) -> str:
    said, end = "", time.monotonic() + SECONDS
    while not enough(said):
        assert select.select([terminal], [], [], end - time.monotonic())[0], said
        said += os.read(terminal, 65_536).decode("utf-8", "replace")
    return said
