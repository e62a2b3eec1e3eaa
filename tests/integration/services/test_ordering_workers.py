from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from pagekeep.archive.models import Snapshot, Worker
from pagekeep.archive.progress import live_workers
from pagekeep.archive.worker_queries import (
    WorkerFilters,
    find_worker,
    list_workers,
    living_workers,
    pages_held,
    queue_counts,
    state_of,
)
from pagekeep.domain.errors import AmbiguousReference, BadInput, Conflict, NotFound
from pagekeep.services.add_urls import add_urls
from pagekeep.services.order_worker import order_worker
from pagekeep.services.register_worker import register_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Worker:
    return register_worker(2)


def silence(worker: Worker, seconds: float = 3600) -> None:
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


def test_orders_are_kept_and_taken_back(worker: Worker) -> None:
    for action, order, state in [
        ("drain", "drain", "draining"),
        ("stop", "stop", "draining"),
        ("drain", "drain", "draining"),
        ("resume", "", "idle"),
        ("resume", "", "idle"),
    ]:
        told = order_worker(worker.pk, action)
        assert (told.order, state_of(told)) == (order, state)
        assert Worker.objects.get(pk=worker.pk).order == order
        assert bool(live_workers()) == (not order)


@pytest.mark.parametrize("action", ["drain", "stop", "resume"])
def test_a_lost_worker_obeys_nothing(worker: Worker, action: str) -> None:
    silence(worker)
    with pytest.raises(Conflict, match="is lost"):
        order_worker(worker.pk, action)
    assert Worker.objects.get(pk=worker.pk).order == ""


def test_who_is_not_there_cannot_be_told(worker: Worker) -> None:
    with pytest.raises(NotFound):
        order_worker(uuid4(), "stop")
    for action in ("", "kill", "DRAIN"):
        with pytest.raises(BadInput, match="drain"):
            order_worker(worker.pk, action)


@pytest.mark.parametrize("asked", list(Worker.State))
def test_the_filter_says_what_the_rows_say(asked: Worker.State) -> None:
    for number in range(2):
        for state in Worker.State:
            for order in Worker.Order.values:
                made = register_worker(1)
                Worker.objects.filter(pk=made.pk).update(state=state, order=order)
                if number:
                    silence(made)
    expected = {worker.pk for worker in Worker.objects.all() if state_of(worker) == asked}
    assert expected
    assert {worker.pk for worker in list_workers(WorkerFilters(state=asked))} == expected
    lost = {worker.pk for worker in Worker.objects.all() if state_of(worker) == "lost"}
    assert {worker.pk for worker in living_workers()} == set(Worker.objects.values_list("pk", flat=True)) - lost


def test_workers_are_named_in_every_way(worker: Worker) -> None:
    for name in (str(worker.pk), worker.pk.hex, str(worker.pk)[:14], f"{worker.hostname}:{worker.pid}"):
        assert find_worker(name) == worker
    other = register_worker(1)
    with pytest.raises(AmbiguousReference):
        find_worker(str(worker.pk)[:2])
    with pytest.raises(AmbiguousReference):  # both are this process
        find_worker(str(other))
    for name in ("", "zz", ":", "host:", ":1", "host:99999999999999999999", "host:²", "a\0b:1"):
        with pytest.raises(NotFound):
            find_worker(name)


def test_the_queue_is_counted_in_a_constant_number_of_statements(worker: Worker, django_assert_num_queries) -> None:
    now = timezone.now()
    ids = [s.pk for s in add_urls([f"https://example.com/{n}" for n in range(12)], user=None).snapshots]

    def change(numbers: range, **columns: object) -> None:
        Snapshot.objects.filter(pk__in=[ids[number] for number in numbers]).update(**columns)

    change(range(0, 2), status="paused", retry_at=None)
    change(range(2, 5), retry_at=now + timedelta(seconds=600))
    held = {"status": "started", "lease_owner": worker.pk, "claimed_at": now}
    change(range(5, 6), **held, retry_at=now - timedelta(days=1))  # its lease has ended, before anything was queued
    change(range(6, 8), **held, retry_at=now + timedelta(seconds=60))
    change(range(8, 9), status="succeeded", retry_at=None)
    change(range(9, 11), retry_at=now - timedelta(seconds=5))
    change(range(11, 12), retry_at=now - timedelta(seconds=50))
    with django_assert_num_queries(4):
        counts = queue_counts()
    assert (counts.queued, counts.started, counts.backoff, counts.paused) == (3, 3, 3, 2)
    assert counts.oldest_queued_at == now - timedelta(seconds=50)
    with django_assert_num_queries(1):
        assert len(pages_held([worker.pk])[worker.pk]) == 3
    Snapshot.objects.filter(status="queued").delete()
    assert queue_counts().oldest_queued_at is None
