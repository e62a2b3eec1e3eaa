from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from pagekeep.archive.models import Crawl, Schedule, Snapshot
from pagekeep.services.change_schedules import pause_schedules
from pagekeep.services.make_persona import make_persona

pytestmark = pytest.mark.django_db
SCHEDULE = "/api/v1/cli/schedule"
URL = "https://example.com/"


def post(client: Client, **body: Any) -> dict[str, Any]:
    response = client.post(SCHEDULE, body, content_type="application/json")
    assert response.status_code == 200, response.content
    content: dict[str, Any] = response.json()
    assert (content["success"], content["errors"], content["result_format"]) == (True, [], "json")
    return content


@pytest.mark.parametrize(
    ("every", "kept"),
    [
        ("minute", "minute"),
        ("hourly", "hour"),
        ("daily", "day"),
        ("weekly", "week"),
        ("monthly", "month"),
        ("quarter", "quarter"),
        ("yearly", "year"),
        ("*/10 * * * *", "*/10 * * * *"),
        ("3600", "3600"),
        (3600, "3600"),
        (None, "day"),
        ("", "day"),
    ],
)
def test_every(api: Client, every: object, kept: str) -> None:
    content = post(api, import_path=f" {URL} ", every=every, tag="a, b", depth=2)
    (made,) = Schedule.objects.all()
    assert content["result"]["created_schedule_ids"] == [str(made.pk)]
    assert (made.url, made.every, made.tags_str, made.max_depth) == (URL, kept, "a,b", 2)
    assert made.next_run_at > timezone.now()
    assert made.created_by is not None
    assert not Crawl.objects.exists(), "the first run is at its time"


def test_persona(api: Client) -> None:
    make_persona("Work", user=None)
    shown = post(api, import_path=URL, persona="work", show=True)["result"]["schedules"]
    assert [found["persona"] for found in shown] == ["Work"]
    assert post(api, import_path=URL, show=True)["result"]["schedules"][0]["persona"] == "Default"


def test_how_far_its_crawls_go_and_when_they_come(api: Client) -> None:
    told = {"label": "Docs", "config": {"CRAWL_SCOPE": "host"}, "max_urls": 9, "plugins": ["title"], "depth": 1}
    (shown,) = post(api, import_path=URL, show=True, **told)["result"]["schedules"]
    assert {name: shown[name] for name in told} == told
    assert len(shown["next_runs"]) == 3
    assert shown["next_runs"][0] == shown["next_run_at"]


def test_single_ones_are_paused_resumed_run_and_removed(api: Client) -> None:
    one, other = (post(api, import_path=URL)["result"]["created_schedule_ids"][0] for _ in range(2))
    assert post(api, pause=[one, other])["result"]["paused_count"] == 2
    assert post(api, show=True)["result"]["schedules"][0]["next_runs"] == []
    assert post(api, resume=[one.replace("-", "")])["result"]["resumed_count"] == 1
    assert len(post(api, run=[other], run_all=True)["result"]["crawl_ids"]) == 2
    content = post(api, remove=[one])
    assert (content["result"]["removed_count"], content["stdout"]) == (1, "Schedules removed: 1.")
    assert [str(found.pk) for found in Schedule.objects.all()] == [other]
    response = api.post(SCHEDULE, {"remove": [other], "pause": [one]}, content_type="application/json")
    assert response.status_code == 404
    assert Schedule.objects.filter(pk=other).exists(), "nothing is changed if one is not there"


@pytest.mark.parametrize(
    "body",
    [
        {"import_path": URL, "persona": "Nobody"},
        {"every": "day"},
        {"add": True},
        {"import_path": URL, "max_urls": -1},
        {"import_path": URL, "config": {"TIMEOUT": "never"}},
        {"pause": "all"},
        {"import_path": "file:///etc/passwd"},
        {"import_path": "/etc/passwd", "every": "day"},
        {"import_path": "feed.xml"},
        {"import_path": URL, "every": "sometimes"},
        {"import_path": URL, "every": "1"},
        {"import_path": URL, "every": 0.5},
        {"import_path": URL, "depth": 5},
        {"import_path": URL, "time_zone": "Nowhere"},
        {"import_path": URL, "every": "\x00"},
        {"import_path": URL, "every": "x" * 10_000},
    ],
)
def test_what_is_refused_changes_nothing(api: Client, body: dict[str, Any]) -> None:
    post(api, import_path=URL)
    response = api.post(SCHEDULE, body | {"clear": True}, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["errors"][0].endswith(".")
    assert Schedule.objects.count() == 1


def test_show(api: Client) -> None:
    assert post(api)["result"] == {"created_schedule_ids": [], "schedules": []}
    post(api, import_path=URL, every="week", time_zone="Europe/Berlin", only_new=True)
    for body in ({}, {"show": True}):
        (shown,) = post(api, **body)["result"]["schedules"]
        assert (shown["import_path"], shown["every"], shown["time_zone"]) == (URL, "week", "Europe/Berlin")
        assert (shown["only_new"], shown["num_runs"], shown["problem"]) == (True, 0, "")


def test_clear_and_add_at_once(api: Client) -> None:
    post(api, import_path=URL)
    post(api, import_path=URL)
    content = post(api, import_path="https://example.org/", clear=True, show=True)
    assert content["result"]["removed_count"] == 2
    assert [shown["import_path"] for shown in content["result"]["schedules"]] == ["https://example.org/"]
    assert post(api, clear=True)["result"] == {"created_schedule_ids": [], "removed_count": 1}


def test_run_all_runs_what_is_not_paused(api: Client) -> None:
    post(api, import_path=URL, tag="x")
    post(api, import_path="https://example.org/")
    pause_schedules(Schedule.objects.filter(url=URL).values_list("pk", flat=True))
    content = post(api, run_all=True)
    (crawl,) = Crawl.objects.all()
    assert content["result"]["crawl_ids"] == [str(crawl.pk)]
    assert Snapshot.objects.get().url == "https://example.org/"


def test_what_is_said(api: Client) -> None:
    assert "Scheduled every day" in post(api, import_path=URL)["stdout"]
    quiet = post(api, import_path=URL, quiet=True, foreground=True, update=True, overwrite=True)
    assert quiet["stdout"] == ""
    assert "foreground" in quiet["stderr"]


@pytest.mark.django_db(transaction=True)
def test_four_at_once_all_succeed(api: Client, token: str) -> None:
    def one(number: int) -> int:
        try:
            client = Client(SERVER_NAME="localhost", headers={"X-ArchiveBox-API-Key": token})
            post(client, import_path=f"{URL}{number}", run_all=True)
            return 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 4
    assert Schedule.objects.count() == 4
