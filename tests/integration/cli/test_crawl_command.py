"""``pagekeep crawl``, and lists of links on standard input, as processes of their own."""

import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands import Archive

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p><DT><A HREF="https://example.com/" ADD_DATE="1600000000" TAGS="kept">A title</A>
<DT><A HREF="javascript:alert(1)">Bookmarklet</A></DL><p>
"""


def run(root: Path, *arguments: str, stdin: str = "", code: int = 0) -> list[dict[str, Any]]:
    return Archive(root).jsonl(*arguments, stdin=stdin, code=code)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    added = run(tmp_path / "archive", "add", "-", "--no-wait", "--depth", "1", stdin=BOOKMARKS, code=1)
    assert [line["type"] for line in added] == ["refused", "snapshot"]
    assert (added[1]["title"], added[1]["tags"], added[1]["timestamp"]) == ("A title", ["kept"], "1600000000.000000")
    return tmp_path / "archive"


def test_a_crawl_is_listed_paused_resumed_sealed_and_removed(root: Path) -> None:
    (crawl,) = run(root, "crawl", "list")
    assert (crawl["status"], crawl["max_depth"], crawl["num_snapshots"], crawl["num_refused"]) == ("queued", 1, 1, 1)
    shown, refused = run(root, "crawl", "show", crawl["id"])
    assert (shown["id"], refused["url"]) == (crawl["id"], "javascript:alert(1)")
    for command, state, outcome in (("pause", "paused", ""), ("resume", "queued", ""), ("seal", "sealed", "cancelled")):
        (changed,) = run(root, "crawl", command, crawl["id"])
        assert (changed["status"], changed["outcome"]) == (state, outcome)
    assert run(root, "crawl", "resume", crawl["id"], code=4) == []
    assert run(root, "crawl", "remove", crawl["id"], code=2) == []
    (removed,) = run(root, "crawl", "remove", crawl["id"], "--yes")
    assert removed["deleted_snapshots"] == 1
    assert run(root, "crawl", "list") == run(root, "list") == []
    assert run(root, "crawl", "show", crawl["id"], code=3) == []


def test_a_crawl_tells_what_it_has_what_it_refused_and_what_it_waits_for(root: Path) -> None:
    shown, _ = run(root, "crawl", "show", run(root, "crawl", "list")[0]["id"])
    ((rule, number),) = shown["refused"].items()
    assert (shown["states"], number, shown["waits_for"]) == ({"queued": 1}, 1, "worker")
    assert (shown["pages_per_minute"], shown["at_work"]) == (0.0, [])
    said = Archive(root).run("crawl", "show", shown["id"]).stdout
    for line in ("Pages:     1: 1 queued", f"Refused:   1: 1 {rule}", "Waits for: a worker; none is running: "):
        assert line in said
    run(root, "crawl", "pause", shown["id"])
    said = Archive(root).run("crawl", "show", "--refused", shown["id"]).stdout
    assert f"crawl resume {shown['id']}" in said
    assert "refused: javascript:alert(1): " in said
    run(root, "crawl", "seal", shown["id"])
    assert Archive(root).run("crawl", "follow", shown["id"]).returncode == 1
    assert "Waits for" not in Archive(root).run("crawl", "show", shown["id"]).stdout


def test_hosts_that_slow_a_crawl_down_are_told(root: Path) -> None:
    (crawl,) = run(root, "crawl", "list")
    assert run(root, "crawl", "show", crawl["id"])[0]["slow_hosts"] == run(root, "status")[0]["slow_hosts"] == []
    until = datetime.now(UTC) + timedelta(hours=1)
    with closing(sqlite3.connect(root / "pagekeep.sqlite3")) as database, database:
        add = "INSERT INTO archive_host (name, visited_at, delay, slow_until) VALUES (?, ?, ?, ?)"
        database.execute(add, ("example.com", f"{until:%Y-%m-%d %H:%M:%S}", 2.0, f"{until:%Y-%m-%d %H:%M:%S}"))
    told = run(root, "crawl", "show", crawl["id"])[0]["slow_hosts"]
    assert [(host["name"], host["delay"]) for host in told] == [("example.com", 2.0)]
    assert run(root, "status")[0]["slow_hosts"] == told
    for command in (("crawl", "show", crawl["id"]), ("status",)):
        said = Archive(root).run(*command).stdout
        assert re.search(r"^Slow: +example\.com \(asked again in 59 min, visits 2 s apart\)$", said, re.MULTILINE)


def test_sitemaps_of_a_crawl_are_counted(root: Path) -> None:
    (crawl,) = run(root, "crawl", "list")
    assert run(root, "crawl", "show", crawl["id"])[0]["sitemaps"] == {}
    with closing(sqlite3.connect(root / "pagekeep.sqlite3")) as database, database:
        (own,) = database.execute("SELECT id FROM archive_crawl").fetchone()
        add = """INSERT INTO archive_crawlsitemap (crawl_id, url, level, due_at, attempts, found, reason)
            VALUES (?, ?, ?, ?, 1, ?, ?)"""
        due = "2026-11-25 14:00:00"
        for row in (
            ("https://a.test", 0, None, 0, ""),
            ("https://a.test/1.xml", 1, None, 30, ""),
            ("https://a.test/2.xml", 1, None, 4, "Line 9 is not XML."),
            ("https://a.test/3.xml", 1, due, 0, ""),
        ):
            database.execute(add, (own, *row))
    (shown, _) = run(root, "crawl", "show", crawl["id"])
    assert shown["sitemaps"] == {"read": 1, "unread": 1, "waiting": 1, "pages": 34}
    said = Archive(root).run("crawl", "show", crawl["id"]).stdout
    assert "Sitemaps:  1 read, 1 that could not be read whole, 1 to be read; 34 pages listed" in said


def test_who_stops_following_a_paused_crawl_is_told_how_it_goes_on(root: Path) -> None:
    (crawl,) = run(root, "crawl", "list")
    run(root, "crawl", "pause", crawl["id"])
    command = [sys.executable, "-m", "pagekeep.cli.main", "--data-dir", str(root), "crawl", "follow", crawl["id"]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "is paused" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 130
    assert "Paused: 1 page; go on with: " in told
    assert f"crawl resume {crawl['id']}" in told
