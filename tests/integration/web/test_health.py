"""``/health/`` tells the truth, soon, and to strangers no more than they need."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pagekeep.archive.models import Snapshot, Worker
from pagekeep.config.load import settings
from pagekeep.services import check_health
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.register_worker import register_worker
from pagekeep.storage import layout
from pagekeep.storage.layout import DataDir

ADDRESS = "/health/"
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _nothing_told_yet() -> Iterator[None]:
    check_health._last = check_health._LastLook()
    yield
    check_health._last = check_health._LastLook()


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def long_ago(**extra: object) -> Worker:
    """Return a worker that has been here for a while."""
    worker = register_worker(1)
    Worker.objects.filter(pk=worker.pk).update(started_at=timezone.now() - timedelta(hours=1), **extra)
    return worker


def test_all_is_well_as_long_as_a_worker_lives(client: Client, db: None) -> None:
    answer = client.get(ADDRESS)
    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Cache-Control"] == "no-store"
    assert text(answer).startswith("Not well: workers. ")
    register_worker(1)
    assert (client.get(ADDRESS).status_code, text(client.get(ADDRESS))) == (200, "OK")
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert client.get(ADDRESS).status_code == 503


def test_a_worker_whose_process_has_ended_is_not_alive(client: Client, db: None) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    register_worker(1)
    Worker.objects.update(pid=gone.pid)
    assert text(client.get(ADDRESS)).startswith("Not well: workers.")


def test_a_drained_worker_is_well(client: Client, db: None) -> None:
    long_ago(order=Worker.Order.DRAIN)
    add_urls(["https://example.com/"], user=None)
    Snapshot.objects.update(retry_at=timezone.now() - timedelta(hours=1))
    assert text(client.get(ADDRESS)) == "OK"


def test_it_is_not_well_once_every_worker_is_paused(staff: Client, db: None) -> None:
    """Each may have another disk than the server."""
    reason = "The disk of the temporary folder has 1 MiB free."
    long_ago(state=Worker.State.PAUSED, reason=reason)
    assert text(staff.get(ADDRESS)).startswith(f"No worker takes pages: {reason}")
    assert text(Client().get(ADDRESS)).startswith("Not well: disk.")
    long_ago()
    assert text(staff.get(ADDRESS)) == "OK"


def test_a_queue_that_does_not_move_is_not_well(staff: Client, db: None) -> None:
    worker = long_ago()
    add_urls(["https://example.com/one", "https://example.com/two"], user=None)
    assert text(staff.get(ADDRESS)) == "OK"  # due just now
    Snapshot.objects.update(retry_at=timezone.now() - timedelta(minutes=10))
    assert text(staff.get(ADDRESS)).startswith("Pages have been due for 10 minutes and 1 idle workers take none")
    assert text(Client().get(ADDRESS)).startswith("Not well: queue.")
    Worker.objects.update(pages_per_minute=0.2)  # it has ended one not long ago
    assert text(staff.get(ADDRESS)) == "OK"
    Worker.objects.update(pages_per_minute=0, started_at=timezone.now())
    assert text(staff.get(ADDRESS)) == "OK"  # it has just begun
    Worker.objects.update(started_at=timezone.now() - timedelta(hours=1), state=Worker.State.PAUSED)
    assert text(staff.get(ADDRESS)) == "OK"  # it takes none, and says why itself
    Worker.objects.update(state=Worker.State.IDLE)
    Worker.objects.update(started_at=timezone.now() - timedelta(hours=1))
    taken = Snapshot.objects.order_by("url")[:1].values("pk")
    Snapshot.objects.filter(pk__in=taken).update(status="started", lease_owner=worker.pk)
    assert text(staff.get(ADDRESS)) == "OK"  # it is at one


def test_strangers_learn_only_which_part_is_not_well(
    staff: Client, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(layout, "SPACE_RESERVE", 2**62)
    stranger = Client()
    told = text(stranger.get(ADDRESS))
    assert told.startswith("Not well: workers, disk.")
    assert "/" not in told
    known = text(staff.get(ADDRESS))
    assert "pagekeep worker" in known
    assert "The disk that holds /" in known
    assert [record.message for record in caplog.records if "The disk" in record.message] != []
    before = len(caplog.records)
    stranger.get(ADDRESS)
    assert not [record for record in caplog.records[before:] if record.levelname in ("WARNING", "ERROR")]
    register_worker(1)
    monkeypatch.setattr(layout, "SPACE_RESERVE", 0)
    assert text(stranger.get(ADDRESS)) == "OK"
    assert "Well again: disk" in caplog.text


def test_a_token_that_may_read_is_told_more(client: Client, admin: object) -> None:
    for scopes, sentence in ((["read"], "No worker has given"), (["add"], "Not well: workers.")):
        token = issue_token(admin, scopes=scopes)[1]  # type: ignore[arg-type]
        assert text(client.get(ADDRESS, headers={"Authorization": f"Bearer {token}"})).startswith(sentence)


def test_a_database_that_cannot_be_written_is_told_without_a_path(
    staff: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OperationalError("unable to open /var/lib/secret/file")

    monkeypatch.setattr(check_health, "_write_something", broken)
    answer = Client().get(ADDRESS)
    assert answer.status_code == 503
    assert text(answer).startswith("Not well: database.")
    assert "secret" not in text(answer)
    assert "secret" in text(staff.get(ADDRESS))


@contextmanager
def locked_by_another_program() -> Iterator[None]:
    path = Path(DataDir(settings().data_dir).database)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    try:
        yield
    finally:
        holder.communicate("")


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_told_within_seconds(admin: object) -> None:
    register_worker(1)
    sent = {"Authorization": f"Bearer {issue_token(admin)[1]}"}  # type: ignore[arg-type]
    client = Client()
    assert client.get("/metrics", headers=sent).status_code == 200  # the token's use is noted now
    assert text(client.get(ADDRESS)) == "OK"
    with locked_by_another_program():
        began = time.monotonic()
        assert text(client.get(ADDRESS)).startswith("Not well: database.")
        assert time.monotonic() - began < 5 * check_health.PATIENCE
        known = text(client.get(ADDRESS, headers=sent))
        assert "cannot be written to within 2 seconds (database is locked)" in known
    assert text(client.get(ADDRESS)) == "OK"
    with connection.cursor() as cursor:  # and other requests are as patient as before
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (30_000,)
    assert connection.patience is None  # type: ignore[attr-defined]


def test_one_looks_at_a_time_and_the_others_are_told_the_same(client: Client, db: None) -> None:
    assert text(client.get(ADDRESS)).startswith("Not well: workers.")
    with check_health._last.looking, CaptureQueriesContext(connection) as seen:
        assert text(client.get(ADDRESS)).startswith("Not well: workers.")
    assert not [query for query in seen if "PRAGMA" not in query["sql"]]


def test_it_is_cheap_however_long_the_queue_is(client: Client, db: None) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(ADDRESS)
        return len(seen)

    long_ago()
    few = statements()
    add_urls([f"https://example.com/{number}" for number in range(100)], user=None)
    Snapshot.objects.update(retry_at=timezone.now() - timedelta(hours=1))
    assert statements() <= few + 6 <= 16
