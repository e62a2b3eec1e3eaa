from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot
from pagekeep.domain.status import CrawlStatus, ResultStatus, SnapshotStatus
from pagekeep.services import update_snapshots
from pagekeep.services.add_urls import add_urls

pytestmark = pytest.mark.django_db
UPDATE = "/api/v1/cli/update"
PLUGINS = ("title", "dom", "hashes")


def update(client: Client, **body: Any) -> dict[str, Any]:
    response = client.post(UPDATE, body, content_type="application/json")
    assert response.status_code == 200, response.content
    content: dict[str, Any] = response.json()
    assert (content["success"], content["result_format"]) == (True, "json")
    assert content["result"]["matched_count"] == len(content["result"]["snapshot_ids"])
    assert content["result"]["queued_count"] == len(content["result"]["queued_snapshot_ids"])
    return content


def page(name: str, status: SnapshotStatus, *, failed: tuple[str, ...] = (), **columns: Any) -> Snapshot:
    """Make a snapshot as a capture leaves it: every plugin succeeded, but for those that failed."""
    snapshot = add_urls([f"https://example.com/{name}"], user=None, plugins=PLUGINS).snapshots[0]
    for plugin in PLUGINS:
        state = ResultStatus.FAILED if plugin in failed else ResultStatus.SUCCEEDED
        ArchiveResult.objects.create(snapshot=snapshot, plugin=plugin, status=state, created_at=timezone.now())
    due = timezone.now() if status == SnapshotStatus.QUEUED else None
    Snapshot.objects.filter(pk=snapshot.pk).update(status=status, retry_at=due, **columns)
    Crawl.objects.filter(pk=snapshot.crawl_id).update(status=CrawlStatus.SEALED)
    return Snapshot.objects.get(pk=snapshot.pk)


@pytest.fixture
def shelf(keeper: User) -> dict[str, Snapshot]:
    kept = {"downloaded_at": timezone.now(), "response_status": 200}
    worker = UUID(int=1)
    started = {"lease_owner": worker, "retry_at": timezone.now()}
    found = {
        "complete": page("complete", SnapshotStatus.SUCCEEDED, **kept),
        "lacking": page("lacking", SnapshotStatus.SUCCEEDED, failed=("dom",), **kept),
        "failed": page("failed", SnapshotStatus.FAILED, failed=PLUGINS),
        "error": page("error", SnapshotStatus.FAILED, failed=("dom",), **kept | {"response_status": 404}),
        "sealed": page("sealed", SnapshotStatus.SEALED, failed=PLUGINS),
        "paused": page("paused", SnapshotStatus.PAUSED, failed=PLUGINS),
        "asleep": page("asleep", SnapshotStatus.PAUSED, failed=PLUGINS),
        "queued": page("queued", SnapshotStatus.QUEUED),
    }
    Snapshot.objects.filter(pk=page("started", SnapshotStatus.PAUSED).pk).update(status="started", **started)
    found["started"] = Snapshot.objects.get(status=SnapshotStatus.STARTED)
    Crawl.objects.filter(pk=found["asleep"].crawl_id).update(status=CrawlStatus.PAUSED, paused_at=timezone.now())
    return found


def queued(content: dict[str, Any], shelf: dict[str, Snapshot]) -> set[str]:
    names = {str(snapshot.pk): name for name, snapshot in shelf.items()}
    return {names[snapshot_id] for snapshot_id in content["result"]["queued_snapshot_ids"]}


def test_what_lacks_outputs_is_queued_and_the_rest_is_told(api: Client, shelf: dict[str, Snapshot]) -> None:
    content = update(api)
    assert queued(content, shelf) == {"lacking", "failed", "paused"}
    assert content["result"]["matched_count"] == 9
    assert content["result"]["resume"] is None
    for told in ("1 that are complete", "2 that are queued", "1 that were cancelled", "error page", "paused crawl"):
        assert told in content["stderr"]
    for name in ("lacking", "failed", "paused"):
        snapshot = Snapshot.objects.get(pk=shelf[name].pk)
        assert snapshot.status == SnapshotStatus.QUEUED
        assert snapshot.retry_at is not None
        assert snapshot.crawl.status == CrawlStatus.QUEUED
    kept = shelf["lacking"].results.filter(status=ResultStatus.SUCCEEDED).values_list("plugin", flat=True)
    assert "title" in kept
    again = update(api)
    assert again["result"]["queued_count"] == 0
    assert again["result"]["matched_count"] == 9


def test_what_was_cancelled_is_queued_if_it_is_asked_for(api: Client, shelf: dict[str, Snapshot]) -> None:
    assert queued(update(api, status="sealed"), shelf) == {"sealed"}


@pytest.mark.parametrize("body", [{"index_only": True}, {"migrate_only": True}])
def test_only_looking(api: Client, shelf: dict[str, Snapshot], body: dict[str, Any]) -> None:
    before = list(Snapshot.objects.order_by("pk").values())
    content = update(api, **body)
    assert (content["result"]["matched_count"], content["result"]["queued_count"]) == (9, 0)
    assert "Nothing was queued" in content["stderr"]
    assert list(Snapshot.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("kind", "number"), [(float, 3), (str, 3), (lambda text: None, 9), (lambda text: "", 9), (lambda text: 1e300, 9)]
)
def test_resume(api: Client, shelf: dict[str, Snapshot], kind: Any, number: int) -> None:
    """The three oldest were bookmarked then or earlier."""
    assert update(api, resume=kind(shelf["failed"].timestamp))["result"]["matched_count"] == number


def test_a_long_update_says_where_to_go_on(
    api: Client, shelf: dict[str, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_snapshots, "MOST", 4)
    resume, seen = None, []
    for _ in range(3):
        content = update(api, resume=resume, batch_size=1)
        seen += content["result"]["snapshot_ids"]
        resume = content["result"]["resume"]
        assert (f"resume={resume}" in content["stderr"]) is bool(resume)
    assert resume is None
    assert sorted(seen) == sorted(str(snapshot.pk) for snapshot in shelf.values())
    assert "narrower" in update(api, sort="url")["stderr"]
    assert update(api, limit=2)["result"]["resume"] is None


def test_time_is_bounded(api: Client, shelf: dict[str, Snapshot], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.api.routers.cli_snapshots.UPDATE_SECONDS", -1.0)
    content = update(api)
    assert content["result"]["matched_count"] == 0
    assert content["result"]["resume"] == shelf["started"].timestamp


def test_without_effect(api: Client, shelf: dict[str, Snapshot]) -> None:
    assert "continuous" in update(api, continuous=True, filter_patterns=["nothing"])["stderr"]


@pytest.mark.parametrize("body", [{"batch_size": 0}, {"resume": "yesterday"}, {"resume": [1]}, {"limit": 0}])
def test_what_is_refused(api: Client, body: dict[str, Any]) -> None:
    response = api.post(UPDATE, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["errors"][0].endswith(".")


@pytest.mark.django_db(transaction=True)
def test_updates_adds_and_removes_at_once(api: Client, token: str) -> None:
    for number in range(10):
        page(str(number), SnapshotStatus.FAILED, failed=PLUGINS)
    bodies = [
        ("update", {"filter_patterns": ["example.com"]}),
        ("add", {"urls": [f"https://example.org/{number}" for number in range(20)]}),
        ("remove", {"filter_type": "regex", "filter_patterns": ["example[.]com/[0-4]$"]}),
    ] * 2

    def one(call: tuple[str, dict[str, Any]]) -> int:
        try:
            client = Client(SERVER_NAME="localhost", headers={"X-ArchiveBox-API-Key": token})
            return client.post(f"/api/v1/cli/{call[0]}", call[1], content_type="application/json").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, bodies)) == [200] * 6
    left = Snapshot.objects.filter(url__contains="example.com")
    assert left.count() == 5
    assert set(left.values_list("status", flat=True)) == {SnapshotStatus.QUEUED}
    assert Snapshot.objects.filter(url__contains="example.org").count() == 40
