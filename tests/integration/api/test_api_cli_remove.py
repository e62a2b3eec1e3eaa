import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services import remove_matching
from pagekeep.services.add_urls import add_urls
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db
REMOVE = "/api/v1/cli/remove"


def remove(client: Client, **body: Any) -> dict[str, Any]:
    response = client.post(REMOVE, body, content_type="application/json")
    assert response.status_code == 200, response.content
    content: dict[str, Any] = response.json()
    assert (content["success"], content["errors"], content["result_format"]) == (True, [], "json")
    assert set(content["result"]) == {"removed_count", "removed_snapshot_ids", "remaining_snapshots"}
    return content


@pytest.fixture
def pages(keeper: User) -> list[Snapshot]:
    return list(add_urls([f"https://example.com/{number}" for number in range(12)], user=keeper, tags=["x"]).snapshots)


def test_what_fits_goes_with_its_files(api: Client, pages: list[Snapshot]) -> None:
    chosen = pages[1]
    snapshot_files(chosen.pk).save("dom", "output.html", b"<p>", "text/html")
    content = remove(api, filter_patterns=["https://example.com/1"])
    assert content["result"] == {
        "removed_count": 1,
        "removed_snapshot_ids": [str(chosen.pk)],
        "remaining_snapshots": 11,
    }
    assert content["stdout"] == "1 snapshot removed."
    assert not Snapshot.objects.filter(pk=chosen.pk).exists()
    assert not snapshot_files(chosen.pk).folder.exists()
    assert api.get(f"/api/v1/core/snapshot/{chosen.pk}").status_code == 404


def test_nothing_fits(api: Client, pages: list[Snapshot]) -> None:
    content = remove(api, filter_patterns=["https://example.com/none"])
    assert content["result"] == {"removed_count": 0, "removed_snapshot_ids": [], "remaining_snapshots": 12}
    assert content["stdout"].endswith("nothing was removed.")


@pytest.mark.parametrize("text", [" ", "\x01", "\t\n", "\ud800", "nowhere", "…"])
def test_a_search_that_finds_nothing_never_means_everything(api: Client, pages: list[Snapshot], text: str) -> None:
    for body in ({"search": text}, {"filter_type": "search", "filter_patterns": [text]}):
        response = api.post(REMOVE, json.dumps(body), content_type="application/json")
        assert response.status_code in (200, 400), response.content
        assert Snapshot.objects.count() == 12


def test_hiding_keeps_records_and_files(api: Client, pages: list[Snapshot]) -> None:
    snapshot_files(pages[0].pk).save("dom", "output.html", b"<p>", "text/html")
    content = remove(api, filter_type="tag", filter_patterns=["X"], delete=False)
    assert content["result"]["removed_count"] == 12
    assert content["result"]["remaining_snapshots"] == 0
    assert Snapshot.objects.filter(hidden=True, status=SnapshotStatus.SEALED).count() == 12
    assert snapshot_files(pages[0].pk).folder.exists()
    assert api.get("/api/v1/core/snapshots").json()["count"] == 0
    assert remove(api, filter_type="tag", filter_patterns=["X"])["result"]["removed_count"] == 0
    snapshot_files(pages[0].pk).remove()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter_patterns": None},
        {"filter_patterns": []},
        {"filter_patterns": [""]},
        {"filter_patterns": ["", "https://example.com/1"]},
        {"filter_type": "regex"},
        {"after": 0, "before": 999999999999999},
        {"after": -5},
        {"status": "indexed"},
        {"status": "", "tag": "", "search": "", "crawl_id": "", "url__icontains": "", "url__istartswith": ""},
        {"limit": 1, "sort": "url"},
        {"delete": False},
        {"filter_patterns": ["https://example.com/1"], "timeout": 0},
        {"filter_patterns": ["https://example.com/1"], "timeout": -1},
    ],
)
def test_what_would_be_everything_is_refused(api: Client, pages: list[Snapshot], body: dict[str, Any]) -> None:
    response = api.post(REMOVE, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["errors"][0].endswith(".")
    assert Snapshot.objects.filter(hidden=False).count() == 12


def test_everything_goes_if_that_is_what_is_said(api: Client, pages: list[Snapshot]) -> None:
    assert remove(api, url__istartswith="http")["result"]["removed_count"] == 12
    assert Crawl.objects.get().status == CrawlStatus.SEALED


def test_a_limit_takes_the_first_of_the_order(api: Client, pages: list[Snapshot]) -> None:
    found = remove(api, tag="x", limit=2, sort="bookmarked_at")["result"]
    assert found["removed_snapshot_ids"] == [str(page.pk) for page in pages[:2]]


def test_more_than_one_round(api: Client, pages: list[Snapshot], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_matching, "ROUND", 5)
    assert remove(api, tag="x", limit=11)["result"]["remaining_snapshots"] == 1
    assert remove(api, tag="x")["result"]["remaining_snapshots"] == 0


def test_time_is_bounded(api: Client, pages: list[Snapshot], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_matching, "ROUND", 5)
    content = remove(api, tag="x", timeout=1e-9)
    assert content["result"]["remaining_snapshots"] == 7
    assert "timeout" in content["stderr"]
    assert "timeout" not in remove(api, tag="x", timeout=1e300)["stderr"]


@pytest.mark.django_db(transaction=True)
def test_four_at_once_remove_each_snapshot_once(
    api: Client, token: str, pages: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_matching, "ROUND", 3)

    def one(_: int) -> dict[str, Any]:
        try:
            client = Client(SERVER_NAME="localhost", headers={"X-ArchiveBox-API-Key": token})
            return remove(client, filter_type="domain", filter_patterns=["example.com"])["result"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, range(4)))
    removed = [snapshot_id for answer in answers for snapshot_id in answer["removed_snapshot_ids"]]
    assert sorted(removed) == sorted(str(page.pk) for page in pages)
    assert not Snapshot.objects.exists()
