import subprocess
from uuid import uuid4

import pytest

from pagekeep.archive import queue
from pagekeep.archive.models import Worker
from pagekeep.services.add_urls import add_urls
from pagekeep.services.register_worker import register_worker

pytestmark = pytest.mark.django_db


def test_pages_of_a_worker_that_died_here_can_be_claimed_at_once() -> None:
    add_urls(["https://example.com/"], user=None)
    process = subprocess.Popen(["sleep", "60"])
    worker = register_worker(1)
    Worker.objects.filter(pk=worker.pk).update(pid=process.pid)
    assert queue.claim(worker.pk, 60) is not None
    register_worker(1)
    assert queue.claim(uuid4(), 60) is None, "its worker still runs"
    process.kill()
    process.wait()
    register_worker(1)
    assert queue.claim(uuid4(), 60) is not None
    assert not Worker.objects.filter(pk=worker.pk).exists()


def test_pages_of_a_worker_elsewhere_are_left_until_its_lease_ends() -> None:
    add_urls(["https://example.com/"], user=None)
    elsewhere = register_worker(1)
    process = subprocess.Popen(["true"])
    process.wait()
    Worker.objects.filter(pk=elsewhere.pk).update(hostname="elsewhere", pid=process.pid)
    assert queue.claim(elsewhere.pk, 60) is not None
    register_worker(1)
    assert queue.claim(uuid4(), 60) is None
