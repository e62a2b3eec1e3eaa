"""``pagekeep webhook`` and ``pagekeep token`` as processes of their own, on a real archive and a real endpoint."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from commands import Archive
from webhook_endpoint import Endpoint, answer, listening, verify


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as made:
        yield made


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    archive = Archive(tmp_path / "archive")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return archive.run(*arguments, WEBHOOK_ALLOW_PRIVATE="127.0.0.1")

    assert run("init").returncode == 0
    return run


def test_a_webhook_from_beginning_to_end(run, endpoint: Endpoint) -> None:
    made = json.loads(run("webhook", "create", endpoint.url, "--label", "Mine", "--event", "crawl.*", "--json").stdout)
    assert made["events"] == ["crawl.*"]
    tested = run("webhook", "test", made["id"])
    assert (tested.returncode, tested.stdout) == (0, "The endpoint answered 204.\n")
    assert verify(made["secret"], *endpoint.messages[0])
    endpoint.answers = [answer(500)]
    tested = run("webhook", "test", made["id"][:30])
    assert (tested.returncode, tested.stderr) == (1, "Error: The endpoint answered 500.\n")
    run("webhook", "disable", made["id"])
    (listed,) = run("webhook", "list").stdout.splitlines()
    assert listed == f"{made['id']} {endpoint.url} crawl.* disabled Mine"
    assert run("webhook", "rotate", made["id"]).stdout.strip().startswith("whsec_")
    assert run("webhook", "remove", made["id"]).returncode == 0
    assert run("webhook", "list").stdout == ""
    assert run("webhook", "remove", made["id"]).returncode == 3
    assert run("webhook", "create", "http://192.168.1.1/").returncode == 2
    assert run("webhook", "create", "https://example.com/", "--event", "nothing").returncode == 2


def test_a_token_that_never_expires(run) -> None:
    assert run("user", "create").returncode == 0
    made = json.loads(run("token", "create", "--days", "never", "--scope", "read", "--label", "RSS", "--json").stdout)
    assert (made["expires"], made["scopes"], made["label"]) == (None, ["read"], "RSS")
    assert "valid for ever, may read, never used RSS" in run("token", "list").stdout
    shown = run("token", "create", "--days", "3")
    assert len(shown.stdout.strip()) == 32
    assert "valid until" in shown.stderr
    for days in ("0", "forever", "36501"):
        assert run("token", "create", "--days", days).returncode == 2
    assert run("token", "create", "--label", "x" * 256).returncode == 2


def test_the_list_of_tokens_says_what_each_may_and_which_are_past(run, tmp_path: Path) -> None:
    run("user", "create")
    for name, *options in (("all",), ("two", "--scope", "read", "--scope", "add"), ("gone",)):
        run("token", "create", "--label", name, "--days", "1", *options)
    gone, two, every = run("token", "list").stdout.splitlines()
    assert "valid until" in every
    assert "may everything" in every
    assert "may read, add" in two
    assert run("token", "revoke", gone.split()[0]).returncode == 0
    with closing(sqlite3.connect(tmp_path / "archive" / "pagekeep.sqlite3")) as database, database:
        database.execute("UPDATE archive_apitoken SET expires = '2020-01-31 00:00:00' WHERE label = 'two'")
    gone, two, _ = run("token", "list").stdout.splitlines()
    assert "revoked, may everything" in gone
    assert "expired on 2020-01-31, may read, add" in two
