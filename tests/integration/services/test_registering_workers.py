import subprocess
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Machine, Worker
from pagekeep.archive.processes import has_ended, this_process
from pagekeep.archive.progress import live_workers
from pagekeep.archive.worker_queries import state_of
from pagekeep.services.add_urls import add_urls
from pagekeep.services.register_worker import bury_workers, register_worker, retire_if_told, worker_beat

pytestmark = pytest.mark.django_db


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def started(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[19])


def worker_in(process: "subprocess.Popen[bytes]") -> Worker:
    worker = register_worker(1)
    Worker.objects.filter(pk=worker.pk).update(pid=process.pid, process_started=started(process.pid))
    return Worker.objects.get(pk=worker.pk)


def test_pages_of_a_worker_that_died_here_can_be_claimed_at_once(process: "subprocess.Popen[bytes]") -> None:
    add_urls(["https://example.com/"], user=None)
    worker = worker_in(process)
    assert queue.claim(worker.pk, 60) is not None
    register_worker(1)
    assert queue.claim(uuid4(), 60) is None, "its worker still runs"
    process.kill()
    process.wait()
    bury_workers()
    assert queue.claim(uuid4(), 60) is not None
    assert Worker.objects.get(pk=worker.pk).state == Worker.State.LOST


def test_a_process_that_nobody_has_asked_about_yet_is_dead_too(process: "subprocess.Popen[bytes]") -> None:
    worker = worker_in(process)
    assert not has_ended(worker)
    process.kill()
    with open(f"/proc/{process.pid}/stat") as file:
        while file.read().rpartition(")")[2].split()[0] != "Z":
            file.seek(0)
    assert has_ended(worker)


def test_another_process_with_the_same_id_is_not_the_worker(process: "subprocess.Popen[bytes]") -> None:
    add_urls(["https://example.com/"], user=None)
    worker = worker_in(process)
    assert queue.claim(worker.pk, 60) is not None
    assert worker in live_workers()
    Worker.objects.filter(pk=worker.pk).update(process_started=started(process.pid) - 1)
    assert worker not in live_workers()
    bury_workers()
    assert Worker.objects.get(pk=worker.pk).state == Worker.State.LOST
    assert queue.claim(uuid4(), 60) is not None


@pytest.mark.parametrize("place", [{"hostname": "elsewhere"}, {"boot": "another boot:4026531836"}])
def test_pages_of_a_worker_elsewhere_are_left_until_its_lease_ends(place: dict[str, str]) -> None:
    add_urls(["https://example.com/"], user=None)
    elsewhere = register_worker(1)
    process = subprocess.Popen(["true"])
    process.wait()
    Worker.objects.filter(pk=elsewhere.pk).update(pid=process.pid, **place)
    assert queue.claim(elsewhere.pk, 60) is not None
    register_worker(1)
    assert queue.claim(uuid4(), 60) is None
    assert Worker.objects.get(pk=elsewhere.pk).state == Worker.State.IDLE


def test_this_process_lives() -> None:
    worker = register_worker(1)
    assert (worker.pid, worker.process_started) == (this_process()["pid"], this_process()["process_started"])
    assert not has_ended(worker)
    assert worker.machine == Machine.objects.get()


def test_lost_workers_are_forgotten_after_a_day() -> None:
    worker = register_worker(1)
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(hours=23))
    bury_workers()
    assert state_of(Worker.objects.get(pk=worker.pk)) == Worker.State.LOST
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(hours=25))
    bury_workers()
    assert not Worker.objects.exists()


def test_a_worker_that_was_forgotten_makes_itself_known_again() -> None:
    worker = register_worker(1)
    Worker.objects.all().delete()
    worker.succeeded = 3
    worker_beat(worker)
    assert Worker.objects.get(pk=worker.pk).succeeded == 3


def test_a_beat_leaves_the_order_as_it_is() -> None:
    worker = register_worker(1)
    Worker.objects.filter(pk=worker.pk).update(order=Worker.Order.STOP)
    worker_beat(worker)
    assert Worker.objects.get(pk=worker.pk).order == Worker.Order.STOP


def test_an_order_taken_back_at_the_last_moment_counts() -> None:
    worker = register_worker(1)
    assert not retire_if_told(worker.pk)
    Worker.objects.filter(pk=worker.pk).update(order=Worker.Order.STOP)
    assert retire_if_told(worker.pk)
    assert not Worker.objects.exists()


def test_who_takes_the_place_of_a_drained_worker_that_died_is_drained(process: "subprocess.Popen[bytes]") -> None:
    drained = worker_in(process)
    Worker.objects.filter(pk=drained.pk).update(order=Worker.Order.DRAIN)
    assert register_worker(1).order == Worker.Order.NONE, "it lives"
    process.kill()
    process.wait()
    assert register_worker(1).order == Worker.Order.DRAIN
    assert register_worker(1).order == Worker.Order.NONE, "it has its heir"
    Worker.objects.filter(pk=drained.pk).update(
        order=Worker.Order.DRAIN, heartbeat_at=timezone.now() - timedelta(minutes=6)
    )
    assert register_worker(1).order == Worker.Order.NONE, "that was long ago"


def test_looking_for_dead_workers_costs_one_statement(django_assert_num_queries) -> None:
    for _ in range(3):
        register_worker(1)
    with django_assert_num_queries(1):
        bury_workers()
