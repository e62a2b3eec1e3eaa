from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Worker
from pagekeep.services.add_urls import add_urls
from pagekeep.services.register_worker import register_worker

PAGE = "/admin/workers/"


@pytest.fixture
def worker(db: None) -> Worker:
    return register_worker(2)


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_the_page_shows_workers_pages_and_queue(staff: Client, worker: Worker, django_assert_max_num_queries) -> None:
    add_urls(["https://user:secret@example.com/<b>", "https://example.org/"], user=None)
    queue.claim(worker.pk, 60)
    with django_assert_max_num_queries(12):
        page = text(staff.get(PAGE))
    assert str(worker) in page
    assert "https://example.com/" in page
    assert "secret" not in page
    assert "<b>" not in page.partition("<main")[2].replace("<bdi>", "")
    assert "1 of 2 pages at work" in page
    part = text(staff.get(f"{PAGE}?part"))
    assert part.strip() in page
    assert "<html" not in part
    assert "csrf" not in part


def test_a_paused_worker_says_why(staff: Client, worker: Worker) -> None:
    why = "The disk of the data directory has 812 MiB free, PAGEKEEP_MIN_FREE_SPACE asks for 1024 MiB."
    Worker.objects.update(state="paused", reason=why)
    shown = text(staff.get(PAGE))
    assert "Paused</span>" in shown
    assert why in shown
    Worker.objects.update(order="drain")  # which a person has told it, and counts for more
    assert why not in text(staff.get(PAGE))


def test_without_a_worker_it_says_what_to_do(staff: Client) -> None:
    assert "Start one with <code>pagekeep worker</code>" in text(staff.get(PAGE))


def test_buttons_tell_the_worker(staff: Client, worker: Worker) -> None:
    for action, order in (("drain", "drain"), ("stop", "stop"), ("resume", "")):
        answer = staff.post(f"{PAGE}{worker.pk}/{action}/", follow=True)
        assert Worker.objects.get().order == order
        assert str(worker) in text(answer).partition('class="messages"')[2].partition("</ul>")[0]
        shown = text(staff.get(PAGE))
        assert (f"{worker.pk}/resume/" in shown) == bool(order)
    assert staff.post(f"{PAGE}{worker.pk}/kill/").status_code == 400


def test_a_lost_worker_has_no_buttons_and_obeys_nothing(staff: Client, worker: Worker) -> None:
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert f"{worker.pk}/" not in text(staff.get(PAGE))
    assert "is lost" in text(staff.post(f"{PAGE}{worker.pk}/resume/", follow=True))
    assert "There is no worker" in text(staff.post(f"{PAGE}0199c0de/stop/", follow=True))


def test_only_staff_with_a_csrf_token_may(client: Client, admin: object, worker: Worker) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(f"{PAGE}{worker.pk}/stop/").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)  # type: ignore[arg-type]
    assert strict.post(f"{PAGE}{worker.pk}/stop/").status_code == 403
    assert strict.get(f"{PAGE}{worker.pk}/stop/").status_code == 405
    assert Worker.objects.get().order == ""
