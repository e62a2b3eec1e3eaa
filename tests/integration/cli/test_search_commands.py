"""``pagekeep search`` and ``pagekeep index`` as processes of their own."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from commands import Archive

FILL = """
    import django
    django.setup()
    from pagekeep.services.add_urls import add_urls
    from pagekeep.services.prepare_archive import prepare_archive
    from pagekeep.services.wiring import search_index
    prepare_archive()
    for number, text in enumerate(("The lighthouse\\x1b[31m keeper", "A harbour")):
        (snapshot,) = add_urls([f"https://example.com/{number}"], user=None, index_only=True).snapshots
        search_index().put_text(snapshot.pk, text, "")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    run_python(tmp_path / "archive", FILL)
    return tmp_path / "archive"


def environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    return kept | {"PAGEKEEP_DATA_DIR": str(home), "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}


def run_python(home: Path, script: str) -> None:
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], env=environ(home), check=True, timeout=60)


def pagekeep(home: Path, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = Archive(home).run(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_words_are_found_and_shown_where(home: Path) -> None:
    (line,) = pagekeep(home, "search", "keeper", "LIGHTHOUSE", "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["type"], found["url"]) == ("snapshot", "https://example.com/0")
    assert found["passage"] == "The lighthouse\x1b[31m keeper"
    shown = pagekeep(home, "search", "lighthouse").stdout
    assert "https://example.com/0" in shown
    assert "\x1b" not in shown
    both = pagekeep(home, "search", "--in", "meta", "example", "--limit", "1")
    assert "https://example.com/1" in both.stdout
    assert "1 of 2 snapshots" in both.stderr
    assert "No snapshot fits" in pagekeep(home, "search", "rebuild").stderr
    assert "give words" in pagekeep(home, "search", " ", code=2).stderr


def test_a_lost_index_is_noticed_and_made_anew(home: Path) -> None:
    with closing(sqlite3.connect(home / "pagekeep.sqlite3")) as database, database:
        database.execute("INSERT INTO search_meta(search_meta) VALUES('delete-all')")
    assert "index rebuild" in pagekeep(home, "index", "check", code=4).stderr
    checks = [json.loads(line) for line in pagekeep(home, "doctor", "--json", code=5).stdout.splitlines()]
    assert next(check["state"] for check in checks if check["check"] == "search index") == "problem"
    rebuilt = json.loads(pagekeep(home, "index", "rebuild", "--json").stdout)
    assert rebuilt == {"type": "index", "snapshots": 2, "indexed": 2, "unread": 0}
    assert "2 of 2" in pagekeep(home, "index", "check").stdout
    assert len(pagekeep(home, "list", "example.com", "--json").stdout.splitlines()) == 2
