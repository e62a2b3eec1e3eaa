import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pagekeep.services.listeners import listening, own_addresses

PREPARE = """
import json, django
django.setup()
from django.conf import settings
from pagekeep.services.prepare_archive import prepare_archive
done = prepare_archive()
print(json.dumps([done.created, str(done.backup), len(done.migrations), settings.SECRET_KEY]))
"""


def start(data_dir: Path, **further: str) -> "subprocess.Popen[str]":
    own = further | {"PAGEKEEP_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def prepare(data_dir: Path) -> list[object]:
    output, errors = start(data_dir).communicate(timeout=60)
    assert output, errors
    return list(json.loads(output))


def test_a_new_archive_then_the_same_again(tmp_path: Path) -> None:
    home = tmp_path / "new" / "archive"
    created, backup, migrations, key = prepare(home)
    assert (created, backup) == (True, "None")
    assert isinstance(migrations, int)
    assert migrations > 10
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert prepare(home) == [False, "None", 0, key]
    assert not list((home / "backups").iterdir())


def test_the_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    prepare(tmp_path)
    database = tmp_path / "pagekeep.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("DELETE FROM django_migrations WHERE app = 'sessions'; DROP TABLE django_session;")
        connection.execute(
            "INSERT INTO archive_tag VALUES (1, 'kept', 'kept', 'kept', '2026-01-01', '2026-01-01', NULL, 0)"
        )
        connection.commit()
    for number in range(6):
        (tmp_path / "backups" / f"pagekeep-2020010{number}.sqlite3").touch()
    created, backup, migrations, _ = prepare(tmp_path)
    assert (created, migrations) == (False, 1)
    with closing(sqlite3.connect(str(backup))) as copy:
        assert copy.execute("SELECT name FROM archive_tag").fetchall() == [("kept",)]
        assert not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_session'").fetchall()
    kept = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert len(kept) == 5
    assert kept[-1] == Path(str(backup)).name


def test_four_at_once_prepare_one_archive(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(4)]
    answers = []
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert output, errors
        answers.append(json.loads(output))
    assert sorted(answer[0] for answer in answers) == [False, False, False, True]
    assert {answer[3] for answer in answers} == {(tmp_path / "secret_key").read_text().strip()}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("UPDATE django_migrations SET name = '9999_future' WHERE app = 'archive'", "newer Pagekeep"),
        (None, "put back a copy"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(tmp_path: Path, spoil: str | None, said: str) -> None:
    prepare(tmp_path)
    database = tmp_path / "pagekeep.sqlite3"
    if spoil:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute(spoil)
            connection.commit()
    else:
        database.write_bytes(b"this is no database" * 100)
    output, errors = start(tmp_path).communicate(timeout=60)
    assert not output
    assert "EnvironmentProblem" in errors
    assert said in errors.splitlines()[-1]


def test_importing_settings_writes_nothing(tmp_path: Path) -> None:
    own = {"PAGEKEEP_DATA_DIR": str(tmp_path / "none"), "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
    code = "import django; django.setup(); from pagekeep.project import wsgi"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **own}, check=True, timeout=60)
    assert not list(tmp_path.iterdir())


LISTEN = """
import sys, time
from pagekeep.services.listeners import listening
with listening("0.0.0.0", 8999):
    print("listening", flush=True)
    time.sleep(60)
"""


def test_listeners_are_known_while_they_live() -> None:
    before = set(own_addresses())
    with listening("127.0.0.1", 8998), listening("::1", 8998):
        assert set(own_addresses()) - before >= {"127.0.0.1:8998", "[::1]:8998"}
    assert set(own_addresses()) == before


def test_a_killed_server_is_forgotten() -> None:
    server = subprocess.Popen([sys.executable, "-c", LISTEN], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "listening\n"
        assert {"0.0.0.0:8999", "127.0.0.1:8999", "localhost:8999"} <= set(own_addresses())
    finally:
        server.send_signal(signal.SIGKILL)
        server.communicate(timeout=10)
    assert not any(address.endswith(":8999") for address in own_addresses())


def test_a_block_list_that_is_none_stops_the_start_with_its_name(tmp_path: Path) -> None:
    started = start(tmp_path / "archive", PAGEKEEP_BLOCK_LIST=str(tmp_path / "missing.txt"))
    output, errors = started.communicate(timeout=60)
    assert output == ""
    assert f"PAGEKEEP_BLOCK_LIST names {tmp_path / 'missing.txt'}, which cannot be read" in errors
