import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pagekeep.api.schemas.snapshots import SnapshotSchema
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.issue_token import issue_token

LIST = "/api/v1/core/snapshots"
ONE = "/api/v1/core/snapshot/"
pytestmark = pytest.mark.django_db


def send(call: Callable[..., Any], path: str, body: dict[str, Any]) -> Any:
    return call(path, body, content_type="application/json")


def test_creating_and_changing_by_url_and_crawl(api: Client, keeper: User) -> None:
    first = send(api.post, LIST, {"url": "https://example.com/new", "tags": ["a", "b"], "title": "Mine", "depth": 2})
    assert first.status_code == 200
    content = first.json()
    assert set(content) == set(SnapshotSchema.model_fields)
    assert (content["status"], content["tags"], content["title"], content["created_by_username"]) == (
        "queued",
        ["a", "b"],
        "Mine",
        "keeper",
    )
    again = send(
        api.post,
        LIST,
        {"url": "https://example.com/new", "crawl_id": content["crawl_id"], "status": "paused", "tags": ["c"]},
    ).json()
    assert again["id"] == content["id"]
    assert (again["status"], again["tags"], again["title"]) == ("paused", ["c"], "Mine")
    other = send(api.post, LIST, {"url": "https://example.com/new"}).json()
    assert other["id"] != content["id"]
    assert other["crawl_id"] != content["crawl_id"]
    assert Snapshot.objects.count() == 2


def test_what_has_ended_is_not_paused_by_url_and_crawl_either(api: Client) -> None:
    made = send(api.post, LIST, {"url": "https://example.com/new"}).json()
    Snapshot.objects.update(status=SnapshotStatus.FAILED, retry_at=None)
    body = {"url": made["url"], "crawl_id": made["crawl_id"], "status": "paused", "title": "Mine"}
    refused = send(api.post, LIST, body)
    assert refused.status_code == 409
    assert "only a queued snapshot can be paused" in refused.json()["message"]
    assert api.get(ONE + made["id"]).json()["title"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"url": ""}, 400),
        ({"url": "   "}, 400),
        ({"url": "file:///etc/passwd"}, 400),
        ({"url": "/etc/passwd"}, 400),
        ({"url": "javascript:alert(1)"}, 400),
        ({"url": "https://"}, 400),
        ({"url": None}, 400),
        ({}, 400),
        ({"url": "https://example.com", "depth": 5}, 400),
        ({"url": "https://example.com", "depth": -1}, 400),
        ({"url": "https://example.com", "status": "bogus"}, 400),
        ({"url": "https://example.com", "status": "started"}, 400),
        ({"url": "https://example.com", "tags": ["x" * 300]}, 400),
        ({"url": "https://example.com", "tags": "x"}, 400),
        ({"url": "https://example.com", "crawl_id": "00000000-0000-7000-8000-000000000000"}, 404),
        ({"url": "https://example.com", "crawl_id": "nonsense"}, 404),
    ],
)
def test_what_cannot_be_created(api: Client, body: dict[str, Any], status: int) -> None:
    response = send(api.post, LIST, body)
    assert response.status_code == status
    assert response.json()["errors"]
    assert not Snapshot.objects.exists()
    assert not Crawl.objects.exists()


def test_an_empty_status_is_no_choice(api: Client) -> None:
    response = send(api.post, LIST, {"url": "https://example.com", "status": ""})
    assert response.status_code == 200
    assert response.json()["status"] == "queued"


@pytest.mark.parametrize(
    ("before", "body", "after"),
    [
        ("queued", {"status": "sealed"}, "sealed"),
        ("paused", {"status": "sealed"}, "sealed"),
        ("failed", {"status": "sealed"}, "failed"),  # what ended stays
        ("queued", {"action": "pause"}, "paused"),
        ("queued", {"status": "paused"}, "paused"),
        ("paused", {"action": "pause"}, "paused"),
        ("failed", {"action": "pause"}, 409),
        ("paused", {"action": "resume"}, "queued"),
        ("paused", {"status": "queued"}, "queued"),
        ("queued", {"action": "resume"}, "queued"),
        ("sealed", {"action": "resume"}, 409),
        ("failed", {"action": "retry"}, "queued"),
        ("sealed", {"action": "retry"}, "queued"),
        ("failed", {"status": "queued"}, "queued"),
        ("queued", {"status": "queued"}, "queued"),
        ("queued", {"action": "explode"}, 400),
        ("queued", {"status": "explode"}, 400),
        ("queued", {"status": "succeeded"}, 400),
        ("failed", {"retry_at": "2999-01-01T00:00:00Z"}, 409),
        ("queued", {"retry_at": "soon"}, 400),
        ("queued", {}, "queued"),
    ],
)
def test_changing_what_happens(
    api: Client, queued: list[str], before: str, body: dict[str, Any], after: str | int
) -> None:
    due = timezone.now() if before == "queued" else None
    Snapshot.objects.filter(pk=queued[0]).update(status=before, retry_at=due)
    response = send(api.patch, ONE + queued[0], body)
    if isinstance(after, int):
        assert response.status_code == after
        assert response.json()["errors"][0].endswith(".")
        assert Snapshot.objects.get(pk=queued[0]).status == before
    else:
        assert response.status_code == 200
        assert response.json()["status"] == after


def test_changing_when_it_is_due(api: Client, queued: list[str]) -> None:
    later = "2999-01-01T00:00:00Z"
    assert send(api.patch, ONE + queued[0], {"retry_at": later}).json()["retry_at"] == later
    Snapshot.objects.update(status=SnapshotStatus.FAILED, retry_at=None)
    assert send(api.patch, ONE + queued[0], {"action": "retry", "retry_at": later}).json()["retry_at"] == later


def test_changing_tags_and_title(api: Client, queued: list[str]) -> None:
    content = send(api.patch, ONE + queued[0], {"tags": ["Ärger mit Ämtern", "x"], "title": "Mine"}).json()
    assert (content["tags"], content["title"]) == (["x", "Ärger mit Ämtern"], "Mine")
    assert Snapshot.objects.get(pk=queued[0]).title_edited
    content = send(api.patch, ONE + queued[0], {"tags": None}).json()
    assert (len(content["tags"]), content["title"]) == (2, "Mine")
    assert send(api.patch, ONE + queued[0], {"tags": []}).json()["tags"] == []


def test_a_refused_change_changes_nothing(api: Client, queued: list[str]) -> None:
    Snapshot.objects.filter(pk=queued[0]).update(status="failed", retry_at=None)
    response = send(api.patch, ONE + queued[0], {"tags": ["new"], "title": "New", "action": "resume"})
    assert response.status_code == 409
    content = api.get(ONE + queued[0]).json()
    assert (content["tags"], content["title"]) == (["News"], None)


def test_deleting(api: Client, queued: list[str]) -> None:
    ArchiveResult.objects.create(snapshot_id=queued[0], plugin="title", created_at=timezone.now())
    crawl_id = api.get(ONE + queued[0]).json()["crawl_id"]
    response = api.delete(ONE + queued[0][:-2])
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "snapshot_id": queued[0],
        "crawl_id": crawl_id,
        "deleted_count": 1,
        "queued_count": 0,
    }
    assert api.get(LIST).json()["total_items"] == 2
    assert api.get("/api/v1/core/archiveresults").json()["total_items"] == 0
    assert api.delete(ONE + queued[0]).status_code == 404
    assert json.loads(api.get(ONE + queued[0]).content)["message"].startswith("ObjectDoesNotExist: ")


@pytest.mark.parametrize("change", [{"status": "sealed"}, {"title": "Other"}, {"tags": ["other"]}])
def test_a_token_that_may_only_add_changes_nothing(keeper: User, stranger: Client, change: dict[str, Any]) -> None:
    _, text = issue_token(keeper, scopes=["add"])
    adding = Client(SERVER_NAME="localhost", raise_request_exception=False, headers={"X-ArchiveBox-API-Key": text})
    made = send(adding.post, LIST, {"url": "https://example.com/", "title": "Mine", "tags": ["mine"]})
    assert made.status_code == 200
    again = {"url": "https://example.com/", "crawl_id": made.json()["crawl_id"]}
    assert send(adding.post, LIST, again).json()["id"] == made.json()["id"]
    assert send(adding.post, LIST, again | change).status_code == 403
    snapshot = Snapshot.objects.get()
    assert (snapshot.status, snapshot.title) == ("queued", "Mine")
