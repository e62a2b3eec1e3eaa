import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Snapshot
from pagekeep.archive.page_facts import is_held
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import add_urls

pytestmark = pytest.mark.django_db(transaction=True)

CLAIM_ALL = """
import django
django.setup()
from uuid import uuid4
from pagekeep.archive import queue
owner = uuid4()
while snapshot := queue.claim(owner, 60):
    print(snapshot.pk, snapshot.lease_owner == owner)
    assert queue.held(owner, snapshot.pk).update(status="succeeded", lease_owner=None, retry_at=None)
"""


def add(*names: str) -> list[Snapshot]:
    return list(add_urls([f"https://example.com/{name}" for name in names], user=None).snapshots)


def test_claims_go_first_in_first_out_and_count_attempts() -> None:
    first, second = add("a", "b")
    owner = uuid4()
    claimed = [queue.claim(owner, 60) for _ in range(3)]
    assert [snapshot and snapshot.pk for snapshot in claimed] == [first.pk, second.pk, None]
    assert claimed[0] is not None
    assert (claimed[0].attempts, claimed[0].status, claimed[0].lease_owner) == (1, SnapshotStatus.STARTED, owner)


def test_what_is_not_due_is_left() -> None:
    add("later")
    Snapshot.objects.update(retry_at=timezone.now() + timedelta(seconds=30))
    assert queue.claim(uuid4(), 60) is None
    assert queue.waiting(60)
    assert not queue.waiting(10)


def test_expired_lease_is_taken_over_and_its_former_owner_fenced_off() -> None:
    (snapshot,) = add("a")
    dead, living = uuid4(), uuid4()
    assert queue.claim(dead, -1) is not None
    taken = queue.claim(living, 60)
    assert taken is not None
    assert taken.attempts == 2
    assert is_held(living, snapshot.pk)
    assert not is_held(dead, snapshot.pk)
    assert queue.heartbeat(dead, [snapshot.pk], 60) == []
    assert not queue.release(dead, snapshot.pk, count_attempt=True)
    assert queue.heartbeat(living, [snapshot.pk], 60) == [snapshot.pk]


def test_heartbeat_keeps_a_lease() -> None:
    (snapshot,) = add("a")
    owner = uuid4()
    queue.claim(owner, -1)
    assert queue.heartbeat(owner, [snapshot.pk, uuid4()], 60) == [snapshot.pk]
    assert queue.claim(uuid4(), 60) is None


def test_release_gives_back_with_or_without_counting() -> None:
    (snapshot,) = add("a")
    owner = uuid4()
    queue.claim(owner, 60)
    assert queue.release(owner, snapshot.pk, count_attempt=False)
    again = queue.claim(owner, 60)
    assert again is not None
    assert again.attempts == 1
    queue.release(owner, snapshot.pk, due=timezone.now() - timedelta(seconds=1), count_attempt=True)
    again = queue.claim(owner, 60)
    assert again is not None
    assert again.attempts == 2


def test_database_refuses_a_lease_without_owner() -> None:
    add("a")
    with pytest.raises(IntegrityError):
        Snapshot.objects.update(status=SnapshotStatus.STARTED)


def test_four_processes_claim_each_snapshot_once() -> None:
    snapshots = add(*(str(number) for number in range(500)))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    claimed: Counter[str] = Counter()
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert "False" not in output
        claimed.update(line.split()[0] for line in output.splitlines())
    assert set(claimed) == {str(snapshot.pk) for snapshot in snapshots}
    assert set(claimed.values()) == {1}
