from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagekeep.archive.models import Crawl, Schedule, Snapshot
from pagekeep.services.make_persona import make_persona

LIST = "/admin/archive/schedule/"
TOLD = {"url": "https://example.com/", "every": "weekly", "tags_str": "a, b", "max_depth": "1", "time_zone": ""}


@pytest.fixture
def made(staff: Client) -> Schedule:
    response = staff.post(f"{LIST}add/", TOLD, follow=True)
    assert b"was added successfully" in response.content
    return Schedule.objects.get()


def act(staff: Client, schedule: Schedule, action: str) -> bytes:
    chosen = {"action": action, "_selected_action": [str(schedule.pk)], "post": "yes"}
    return staff.post(LIST, chosen, follow=True).content


def test_adding(staff: Client, made: Schedule, admin: User) -> None:
    assert (made.url, made.every, made.tags_str, made.max_depth) == ("https://example.com/", "week", "a,b", 1)
    assert (made.time_zone, made.created_by) == ("UTC", admin)
    assert b"https://example.com/" in staff.get(f"{LIST}?q=example").content
    assert b"View schedule" in staff.get(f"{LIST}{made.pk}/change/").content
    assert staff.post(f"{LIST}{made.pk}/change/", TOLD).status_code == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "file:///etc/passwd"}, b"only http:// and https://"),
        ({"every": "sometimes"}, b"is not known"),
        ({"time_zone": "Nowhere"}, b"no time zone"),
        ({"max_depth": "5"}, b"less than or equal to 4"),
        ({"tags_str": "x" * 300}, b"longer than"),
        ({"url": ""}, b"required"),
        ({"persona": "Nobody"}, b"not one of the available choices"),
        ({"config": "[1]"}, b"JSON object"),
        ({"config": '{"TIMEOUT": "never"}'}, b"number of seconds"),
        ({"max_urls": "-1"}, b"greater than or equal to 0"),
        ({"max_size": "much"}, b"is no size"),
        ({"max_size": "9000000T"}, b"is not possible"),
        ({"snapshot_max_size": "-1"}, b"is no size"),
        ({"plugins": ["title", "nothing"]}, b"nothing is not one of the available choices"),
    ],
)
def test_what_is_refused_is_told_beside_the_form(staff: Client, change: dict[str, Any], told: bytes) -> None:
    response = staff.post(f"{LIST}add/", TOLD | change)
    assert response.status_code == 200
    assert told in response.content
    assert not Schedule.objects.exists()


def test_how_far_its_crawls_go(staff: Client) -> None:
    told = {"label": "Docs", "max_urls": "9", "crawl_timeout": "60", "config": '{"CRAWL_SCOPE": "host"}'}
    staff.post(f"{LIST}add/", TOLD | told)
    made = Schedule.objects.get()
    assert (made.label, made.max_urls, made.crawl_timeout, made.config) == ("Docs", 9, 60, {"CRAWL_SCOPE": "host"})
    assert (made.max_size, made.snapshot_max_size, made.plugins, made.notes) == (0, 0, [], "")


def test_how_much_they_keep(staff: Client) -> None:
    told = {"max_size": "2G", "snapshot_max_size": "1048576", "plugins": ["title", "pdf"], "notes": "For later"}
    staff.post(f"{LIST}add/", TOLD | told)
    made = Schedule.objects.get()
    assert (made.max_size, made.snapshot_max_size) == (2 * 2**30, 2**20)
    assert (made.plugins, made.notes) == (["title", "pdf"], "For later")


def test_choosing_a_persona(staff: Client) -> None:
    make_persona("Work", user=None)
    assert b'<option value="Work">' in staff.get(f"{LIST}add/").content
    staff.post(f"{LIST}add/", TOLD | {"persona": "Work"})
    assert Schedule.objects.get().persona == "Work"


def test_run_pause_resume_and_remove(staff: Client, made: Schedule) -> None:
    assert b"Crawls begun: 1." in act(staff, made, "run")
    assert Crawl.objects.get().max_depth == 1
    assert b"Paused: 1." in act(staff, made, "pause")
    assert not Schedule.objects.get().is_enabled
    assert b"Resumed: 1." in act(staff, made, "resume")
    assert Schedule.objects.get().is_enabled
    act(staff, made, "delete_selected")
    assert not Schedule.objects.exists()
    assert Snapshot.objects.count() == 1


def test_only_superusers(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("helper", is_staff=True))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
