"""Commands as processes of their own, on a real archive in a temporary folder."""

import json
import socket
import sqlite3
from pathlib import Path

import pytest

from commands import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    (told,) = made.jsonl("init")
    assert told["created"]
    return made


def test_init_twice_changes_nothing(archive: Archive) -> None:
    (told,) = archive.jsonl("init")
    assert (told["created"], told["backup"], told["migrations"]) == (False, None, [])


@pytest.mark.parametrize("command", ["list", "status"])
def test_without_an_archive_reading_is_not_found(tmp_path: Path, command: str) -> None:
    done = Archive(tmp_path / "none").run(command)
    assert done.returncode == 3
    assert done.stderr == (
        f"Error: There is no archive in {tmp_path}/none; make one with: pagekeep init,"
        " or name another with --data-dir.\n"
    )
    assert not (tmp_path / "none").exists()


def test_add_index_only_list_and_remove(archive: Archive) -> None:
    added = archive.jsonl(
        "add", "https://example.com/a", "-", "--index-only", "--tag", "One,two", stdin="https://example.com/b\n"
    )
    assert [page["url"] for page in added] == ["https://example.com/a", "https://example.com/b"]
    assert {page["status"] for page in added} == {"paused"}
    assert [page["url"] for page in archive.jsonl("list")] == ["https://example.com/b", "https://example.com/a"]
    assert [page["tags"] for page in archive.jsonl("list", "--tag", "ONE", "/a")] == [["One", "two"]]
    assert len(archive.jsonl("list", "--limit", "1")) == 1
    assert archive.jsonl("list", "--status", "failed") == []

    asked = archive.run("remove", "https://example.com/a")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    assert "https://example.com/a" in asked.stderr
    missing = archive.run("remove", added[1]["id"], "https://example.com/none", "--yes")
    assert missing.returncode == 3
    assert len(archive.jsonl("list")) == 2

    (removed,) = archive.jsonl("remove", "https://example.com/a", "--yes")
    assert removed["id"] == added[0]["id"]
    (removed,) = archive.jsonl("remove", added[1]["id"].replace("-", ""), "--yes")
    assert archive.jsonl("list") == []


def test_refused_urls_are_told_and_make_exit_code_1(archive: Archive) -> None:
    done = archive.run("add", "--no-wait", "--json", "https://example.com/", "ftp://example.com/")
    assert done.returncode == 1
    refused, queued = (json.loads(line) for line in done.stdout.splitlines())
    assert refused["type"] == "refused"
    assert "ftp" in refused["reason"]
    assert queued["status"] == "queued"


def test_only_bad_urls_write_nothing(archive: Archive) -> None:
    done = archive.run("add", "file:///etc/passwd")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert archive.jsonl("list") == []


def test_only_new_passes_over_what_is_there(archive: Archive) -> None:
    archive.jsonl("add", "--index-only", "https://example.com/")
    assert archive.jsonl("add", "--index-only", "--only-new", "https://example.com/") == [
        {"type": "known", "url": "https://example.com/"}
    ]
    assert len(archive.jsonl("add", "--index-only", "--again", "https://example.com/")) == 1


def test_users_and_tokens(archive: Archive) -> None:
    assert archive.run("token", "create").returncode == 3
    (made,) = archive.jsonl("user", "create", "ada")
    assert len(made["password"]) >= 12
    assert archive.run("user", "create", "ada").returncode == 4
    (given,) = archive.jsonl("user", "password", "ada", "--password-stdin", stdin="correct horse\n")
    assert "password" not in given
    assert archive.run("user", "password", "nobody").returncode == 3
    assert [user["username"] for user in archive.jsonl("user", "list")] == ["ada"]

    (token,) = archive.jsonl("token", "create", "--scope", "read", "--label", "phone")
    assert len(token["token"]) == 32
    (listed,) = archive.jsonl("token", "list")
    assert "token" not in listed
    assert (listed["label"], listed["scopes"], listed["revoked_at"]) == ("phone", ["read"], None)
    (revoked,) = archive.jsonl("token", "revoke", token["token"][:6])
    assert revoked["revoked_at"]


def test_the_stored_token_belongs_to_the_key_of_the_archive(archive: Archive) -> None:
    """Each command is a process of its own; all of them must hash tokens with the same key."""
    archive.jsonl("user", "create")
    key = (archive.root / "secret_key").read_text()
    archive.jsonl("token", "create")
    assert (archive.root / "secret_key").read_text() == key


def test_status_counts(archive: Archive) -> None:
    archive.jsonl("add", "--index-only", "https://example.com/1", "https://example.com/2")
    (status,) = archive.jsonl("status")
    assert (status["snapshots"], status["snapshots_paused"], status["workers"]) == (2, 2, [])
    assert status["disk_free"] > 0


def test_config_tells_where_a_value_comes_from(archive: Archive) -> None:
    (archive.root / "pagekeep.toml").write_text("tabs = 3\n")
    found = {row["key"]: row for row in archive.jsonl("config")}
    assert (found["tabs"]["value"], found["tabs"]["source"]) == ("3", "pagekeep.toml")
    assert found["port"]["source"] == "default"
    bad = archive.run("config", TABS="many")
    assert bad.returncode == 2
    assert "PAGEKEEP_TABS" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_debug_shows_where_an_error_happened(archive: Archive) -> None:
    assert "Traceback" in archive.run("add", "file:///x", LOG_LEVEL="debug").stderr


def test_a_port_in_use_stops_the_server_before_it_starts(archive: Archive) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("server", "run"):
            done = archive.run(command, PORT=port)
            assert done.returncode == 5
            assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
            assert len(done.stderr.splitlines()) == 1


def test_doctor_finds_a_missing_browser_and_a_damaged_database(archive: Archive) -> None:
    (archive.root / "broken").mkdir()
    database = archive.root / "pagekeep.sqlite3"
    sqlite3.connect(database).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(database.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    database.write_bytes(content)
    done = archive.run("doctor", "--json", CHROMIUM="no-such-browser", PORT="0")
    assert done.returncode == 5
    found = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert found["browser"]["state"] == "problem"
    assert "no-such-browser" in found["browser"]["text"]
    assert found["database"]["state"] == "problem"
    assert "put back a copy" in found["database"]["text"]
    assert found["disk"]["state"] == "ok"


def test_doctor_corrects_wrong_totals(archive: Archive) -> None:
    archive.jsonl("add", "https://example.com/", "--index-only")
    with sqlite3.connect(archive.root / "pagekeep.sqlite3") as database:
        database.execute("UPDATE archive_statuscount SET number = 100 WHERE kind = 'snapshot' AND status = 'paused'")
    database.close()
    assert archive.jsonl("status")[0]["snapshots"] == 100
    for state, word in (("note", "corrected"), ("ok", "right")):
        found = {row["check"]: row for row in map(json.loads, archive.run("doctor", "--json").stdout.splitlines())}
        assert found["totals"]["state"] == state
        assert word in found["totals"]["text"]
    assert archive.jsonl("status")[0]["snapshots"] == 1


def test_a_data_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = Archive(tmp_path / "file" / "archive").run("init")
    assert done.returncode == 5
    assert "PAGEKEEP_DATA_DIR" in done.stderr
    assert len(done.stderr.splitlines()) == 1
