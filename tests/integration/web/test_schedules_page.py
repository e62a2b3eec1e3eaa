import pytest
from django.test import Client

from pagekeep.archive.models import Crawl, Schedule
from pagekeep.services.add_schedule import add_schedule

PAGE = "/admin/schedules/"


@pytest.fixture
def schedule(db: None) -> Schedule:
    return add_schedule("https://user:secret@example.com/<b>", user=None, every="30 2 * * *", time_zone="UTC")


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def told(response: object) -> str:
    return text(response).partition('class="messages"')[2].partition("</ul>")[0]


def test_the_page_shows_when_each_runs(staff: Client, schedule: Schedule, django_assert_max_num_queries) -> None:
    for number in range(10):
        add_schedule(f"https://example.org/{number}", user=None)
    with django_assert_max_num_queries(8):
        page = text(staff.get(PAGE))
    assert page.count("02:30 UTC") == 3
    assert "secret" not in page
    assert "<b>" not in page
    assert page.count("Run now") == 11
    part = text(staff.get(f"{PAGE}?part"))
    assert part.strip() in page
    assert "<html" not in part
    assert "csrf" not in part


def test_buttons_run_pause_and_resume(staff: Client, schedule: Schedule) -> None:
    own = f"{PAGE}{schedule.pk}/"
    assert "is queued" in told(staff.post(f"{own}run/", follow=True))
    assert f"/admin/core/crawl/{Crawl.objects.get().pk}/change/" in text(staff.get(PAGE))
    assert "is paused" in told(staff.post(f"{own}pause/", follow=True))
    shown = text(staff.get(PAGE))
    assert f"{own}resume/" in shown
    assert f"{own}pause/" not in shown
    assert "02:30 UTC" not in shown
    assert "runs again" in told(staff.post(f"{own}resume/", follow=True))
    assert Schedule.objects.get().is_enabled
    assert staff.post(f"{own}explode/").status_code == 400
    assert "There is no schedule" in told(staff.post(f"{PAGE}0199c0de/run/", follow=True))


def test_a_run_that_makes_no_crawl_says_why(staff: Client, schedule: Schedule) -> None:
    Schedule.objects.update(persona="Gone")
    assert "There is no persona" in told(staff.post(f"{PAGE}{schedule.pk}/run/", follow=True))
    assert not Crawl.objects.exists()


def test_only_staff_with_a_csrf_token_may(client: Client, admin: object, schedule: Schedule) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(f"{PAGE}{schedule.pk}/pause/").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)  # type: ignore[arg-type]
    assert strict.post(f"{PAGE}{schedule.pk}/pause/").status_code == 403
    assert strict.get(f"{PAGE}{schedule.pk}/pause/").status_code == 405
    assert Schedule.objects.get().is_enabled
