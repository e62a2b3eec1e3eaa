"""An archive whose records are in PostgreSQL: made, looked after, and told about where it cannot be used."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from live_server import serving
from postgres_server import PostgresServer

ROOT = Path(__file__).parents[3]
BEGIN = "import json, sys, django; django.setup();"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


class Archive:
    """A data directory and the URL of its database, for processes that work on it."""

    def __init__(self, folder: Path, url: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        own = {"PAGEKEEP_DATA_DIR": str(folder), "PAGEKEEP_DATABASE_URL": url}
        self.environ = kept | own | {"DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}

    def start(self, *command: str) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, *command], env=self.environ, text=True, **pipes)

    def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command of Pagekeep; return its exit code, output and errors."""
        process = self.start("-m", "pagekeep.cli.main", *arguments)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, " ".join(errors.split())

    def run(self, code: str) -> object:
        """Return what the code prints, as JSON."""
        process = self.start("-c", BEGIN + code)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return json.loads(output)


@pytest.fixture
def archive(server: PostgresServer, tmp_path: Path, request: pytest.FixtureRequest) -> Archive:
    """A new archive, made."""
    archive = Archive(tmp_path / "data", server.make_database(request.node.name))
    assert archive.command("init")[0] == 0
    return archive


def test_several_processes_make_one_archive_once(server: PostgresServer, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "data", server.make_database("new"))
    code, _, errors = archive.command("list")
    assert (code, "make one with: pagekeep init" in errors) == (3, True)
    prepare = "from pagekeep.services.prepare_archive import prepare_archive as p; d = p();"
    tell = "print(json.dumps([d.created, str(d.backup), len(d.migrations) > 10]))"
    processes = [archive.start("-c", BEGIN + prepare + tell) for _ in range(4)]
    answers = [process.communicate(timeout=120) for process in processes]
    assert sorted(json.loads(output)[0] for output, _ in answers) == [False, False, False, True], answers
    assert {json.loads(output)[1] for output, _ in answers} == {"None"}
    assert not (tmp_path / "data" / "pagekeep.sqlite3").exists()
    assert server.say("SELECT count(*) FROM archive_snapshot", "new") == "0"


def test_it_can_be_looked_at(archive: Archive) -> None:
    assert archive.command("add", "--index-only", "https://example.com/one", "--tag", "Kept")[0] == 0
    code, output, _ = archive.command("status", "--json")
    found = json.loads(output)
    assert (code, found["snapshots"], found["snapshots_paused"]) == (0, 1, 1)
    assert found["database_size"] > 1_000_000
    assert [
        json.loads(line)["url"] for line in archive.command("search", "--in", "meta", "kept", "--json")[1].splitlines()
    ] == ["https://example.com/one"]
    checks = "from pagekeep.cli.checks import CHECKS as c;"
    states = archive.run(
        checks + "print(json.dumps({n: [c[n]().state, c[n]().text] for n in ('database', 'totals', 'search index')}))"
    )
    assert isinstance(states, dict)
    assert {name: state for name, (state, _) in states.items()} == {
        "database": "ok",
        "totals": "ok",
        "search index": "note",
    }
    assert "PostgreSQL" in states["database"][1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "--in", "contents", "words"), "cannot be searched on PostgreSQL yet; search URL"),
        (("list", "--filter-type", "regex", "exam.*"), "regular expression does not work on PostgreSQL yet"),
        (("backup",), "pagekeep backup does not work on PostgreSQL yet; copy the database with pg_dump"),
    ],
    ids=["contents", "regex", "backup"],
)
def test_what_does_not_work_yet_says_so_in_a_sentence(
    arguments: tuple[str, ...], said: str, server: PostgresServer, tmp_path: Path
) -> None:
    archive = Archive(tmp_path / "data", server.make_database(arguments[0]))
    assert archive.command("init")[0] == 0
    code, output, errors = archive.command(*arguments)
    assert (code, output) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "options",
    [
        ("--encoding=SQL_ASCII", "--locale=C"),
        ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"),
    ],
    ids=["no_utf8", "by_language"],
)
def test_a_database_that_orders_texts_otherwise_is_refused(
    options: tuple[str, ...], server: PostgresServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = server.make_database(request.node.callspec.id, "--template=template0", *options)
    code, _, errors = Archive(tmp_path / "data", url).command("init")
    assert code == 5
    assert "createdb --template=template0 --encoding=UTF8 --lc-collate=C" in errors


def test_one_of_a_newer_pagekeep_is_refused(archive: Archive, server: PostgresServer) -> None:
    newer = "UPDATE django_migrations SET name = '9999_future' WHERE app = 'archive'"
    server.say(newer, "test_one_of_a_newer_pagekeep_is_refused")
    code, _, errors = archive.command("list")
    assert code == 5
    assert "was made by a newer Pagekeep (9999_future)" in errors


@pytest.mark.parametrize("command", ["init", "list", "status"])
def test_where_nobody_answers_a_sentence_says_so_without_the_password(command: str, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "data", f"postgresql://keeper:s3cret@/pages?host={tmp_path}")
    code, output, errors = archive.command(command)
    assert code == 5
    assert f"The database postgresql://keeper@/pages?host={tmp_path} cannot be used" in errors
    assert "check that PostgreSQL runs, and PAGEKEEP_DATABASE_URL" in errors
    assert "s3cret" not in output + errors
    assert "Traceback" not in errors


WATCH = """
from pagekeep.services.check_health import check_health
for line in sys.stdin:
    print(json.dumps([unwell.part for unwell in check_health()]), flush=True)
"""


def test_a_process_goes_on_after_the_server_was_started_anew(tmp_path: Path) -> None:
    with PostgresServer() as server:
        archive = Archive(tmp_path / "data", server.make_database("pages"))
        assert archive.command("init")[0] == 0
        watching = archive.start("-c", BEGIN + WATCH)
        assert watching.stdin
        assert watching.stdout

        def look() -> list[str]:
            assert watching.stdin
            assert watching.stdout
            watching.stdin.write("\n")
            watching.stdin.flush()
            return list(json.loads(watching.stdout.readline()))

        seen = [look()]
        server.halt()
        seen += [look(), look()]
        server.launch()
        seen += [look(), look()]
        _, errors = watching.communicate(timeout=60)
    assert seen == [["workers"], ["database"], ["database"], ["workers"], ["workers"]]
    assert watching.returncode == 0, errors


def test_no_request_is_lost_to_connections_from_before_the_server_was_started_anew(tmp_path: Path) -> None:
    with PostgresServer() as server, serving(tmp_path, DATABASE_URL=server.make_database("pages")) as live:

        def ask(_: int = 0) -> int:
            request = Request(
                f"{live.address}/api/v1/core/snapshots?limit=1", headers={"X-ArchiveBox-API-Key": live.token}
            )
            with urlopen(request, timeout=60) as answer:
                return int(answer.status)

        with ThreadPoolExecutor(16) as clients:  # every thread of the server has a connection then
            assert set(clients.map(ask, range(64))) == {200}
            server.halt()
            server.launch()
            assert [ask() for _ in range(16)] == [200] * 16
