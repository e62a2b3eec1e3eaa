import json
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.services.add_urls import add_urls
from pagekeep.services.tag_snapshot import tag_snapshot

CRAWLS = "/api/v1/crawls/crawls"
JSON = "application/json"
GOOD = "https://example.com/page"
pytestmark = pytest.mark.django_db


def create(api: Client, **body: Any) -> Any:
    return api.post(CRAWLS, {"urls": [GOOD], **body}, content_type="application/json")


def made(api: Client, **body: Any) -> dict[str, Any]:
    response = create(api, **body)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def one(crawl: dict[str, Any]) -> str:
    return f"/api/v1/crawls/crawl/{crawl['id']}"


def patch(api: Client, crawl: dict[str, Any], **body: Any) -> Any:
    return api.patch(one(crawl), body, content_type="application/json")


def test_a_crawl_is_echoed_as_it_was_sent(api: Client) -> None:
    config = {"TIMEOUT": 7, "UNKNOWN": [1, {"a": None}], "URL_DENYLIST": "other"}
    sent = [f" {GOOD} ", "https://other.example/", "ftp://example.com/"]
    found = made(api, urls=sent, config=config, tags=["A", "b c"], label="L", notes="N", max_depth=2, max_urls=9)
    assert (found["TYPE"], found["status"], found["outcome"]) == ("crawls.models.Crawl", "queued", "")
    assert (found["urls"], found["config"], found["tags_str"]) == ("\n".join(sent), config, "A,b c")
    assert (found["label"], found["notes"], found["max_depth"], found["max_urls"]) == ("L", "N", 2, 9)
    assert (found["num_snapshots"], found["num_refused"]) == (1, 2)
    assert found["refused"] == {"denied": 1, "not_a_url": 1}
    assert api.get(one(found)).json() == found


def test_lists_of_links_keep_titles_tags_and_dates(api: Client) -> None:
    text = '[{"url": "https://example.com/a", "title": "T", "tags": ["own"], "created_at": "2020-01-02T03:04:05Z"}]'
    found = made(api, urls=[text, GOOD], tags_str="all")
    listed = api.get(one(found), {"with_snapshots": "true"}).json()["snapshots"]
    assert {(s["url"], s["title"], tuple(s["tags"]), s["bookmarked_at"][:4] == "2020") for s in listed} == {
        ("https://example.com/a", "T", ("all", "own"), True),
        (GOOD, None, ("all",), False),
    }
    assert made(api, urls=[text])["num_snapshots"] == 1  # the same date again


@pytest.mark.parametrize(
    "body",
    [
        {"urls": []},
        {"urls": ["nonsense"]},
        {"max_depth": 5},
        {"max_urls": -1},
        {"max_size": 2**70},
        {"config": {"URL_ALLOWLIST": "("}},
        {"config": {"TIMEOUT": "soon"}},
        {"persona": "Nobody"},
        {"plugins": ["bogus"]},
        {"tags": ["x" * 300]},
        {"urls": ['<!DOCTYPE rss [<!ENTITY a "b">]><rss/>']},
    ],
)
def test_what_is_refused(api: Client, body: dict[str, Any]) -> None:
    response = create(api, **body)
    assert response.status_code == 400
    assert response.json()["errors"][0]
    assert not Crawl.objects.exists()


def test_pausing_resuming_and_cancelling(api: Client) -> None:
    found = made(api)
    paused = patch(api, found, action="pause").json()
    assert (paused["status"], paused["is_paused"]) == ("paused", True)
    assert patch(api, found, action="resume").json()["status"] == "queued"
    sealed = patch(api, found, status="sealed").json()
    assert (sealed["status"], sealed["outcome"]) == ("sealed", "cancelled")
    assert Snapshot.objects.get().status == "sealed"
    assert patch(api, found, action="resume").status_code == 409
    assert patch(api, found, action="retry").status_code == 400
    assert patch(api, found, status="started").status_code == 400


def test_retry_at_postpones_what_is_queued(api: Client) -> None:
    found = made(api)
    assert patch(api, found, retry_at="2030-01-01T00:00:00Z").json()["retry_at"] == "2030-01-01T00:00:00Z"
    moment = Snapshot.objects.get().retry_at
    assert moment is not None
    assert moment.year == 2030


def test_tags_of_a_crawl_are_replaced_and_those_set_by_hand_stay(api: Client, keeper: User) -> None:
    found = made(api, tags=["former", "both"])
    snapshot = Snapshot.objects.get()
    tag_snapshot(snapshot.pk, name="mine", tag_id=None, user=keeper)
    assert patch(api, found, tags_str="new, BOTH").json()["tags_str"] == "new,BOTH"
    assert {tag.name for tag in snapshot.tags.all()} == {"mine", "both", "new"}


def test_a_tag_set_by_hand_and_by_the_crawl_stays_when_the_crawl_drops_it(api: Client, keeper: User) -> None:
    text = '[{"url": "https://example.com/listed", "tags": ["Listed"]}]'
    urls = [text, *(f"https://example.com/{way}" for way in ("before", "after", "patched", "posted", "untouched"))]
    found = made(api, urls=urls, tags=["after", "listed"])
    pages = {page.url.rpartition("/")[2]: page for page in Snapshot.objects.filter(crawl_id=found["id"])}
    tag_snapshot(pages["before"].pk, name="BEFORE", user=keeper)
    tag_snapshot(pages["after"].pk, name="after", user=keeper)
    patched = api.patch(f"/api/v1/core/snapshot/{pages['patched'].pk}", {"tags": ["before", "after"]}, JSON)
    body = {"url": pages["posted"].url, "crawl_id": found["id"], "tags": ["before", "after"]}
    assert (patched.status_code, api.post("/api/v1/core/snapshots", body, JSON).status_code) == (200, 200)
    for tags in (["before", "after", "listed"], ["other"]):
        assert patch(api, found, tags=tags).status_code == 200
    assert {way: sorted(tag.key for tag in page.tags.all()) for way, page in pages.items()} == {
        "before": ["before", "other"],
        "after": ["after", "other"],
        "patched": ["after", "before", "other"],
        "posted": ["after", "before", "other"],
        "listed": ["listed", "other"],
        "untouched": ["other"],
    }


def test_deleting_takes_the_snapshots_along(api: Client) -> None:
    found = made(api, urls=[f"{GOOD}/{number}" for number in range(1200)])
    response = api.delete(one(found))
    expected = {"success": True, "crawl_id": found["id"], "deleted_count": 1, "deleted_snapshots": 1200}
    assert (response.status_code, response.json()) == (200, expected)
    assert not Snapshot.objects.exists()
    assert api.get(one(found)).status_code == 404


def test_the_list_is_a_bare_array_with_its_totals_in_headers(api: Client, token: str) -> None:
    crawls = [made(api, urls=[f"{GOOD}/{number}"], label=f"L{number}") for number in range(5)]
    response = api.get(CRAWLS, {"limit": 2, "page": 1, "api_key": token})
    assert [crawl["id"] for crawl in response.json()] == [crawls[2]["id"], crawls[1]["id"]]
    assert response.headers["X-Total-Count"] == "5"
    for name in ("first", "prev", "next", "last"):
        assert f'rel="{name}"' in response.headers["Link"]
    assert token not in response.headers["Link"]
    patch(api, crawls[0], status="sealed")
    for asked, number in (
        ({"status": "sealed"}, 1),
        ({"outcome": "cancelled"}, 1),
        ({"search": "/PAGE/3"}, 1),
        ({"label": "l4"}, 1),
        ({"created_by_username": "keeper"}, 5),
        ({"created_by_id": "999"}, 0),
    ):
        assert len(api.get(CRAWLS, asked).json()) == number, asked
    assert api.get(CRAWLS, {"sort": "label"}).json()[0]["label"] == "L0"
    for bad in ({"status": "bogus"}, {"sort": "bogus"}, {"limit": 0}, {"offset": -1}):
        assert api.get(CRAWLS, bad).status_code == 400


def test_reading_costs_the_same_whatever_the_size(api: Client) -> None:
    def statements(path: str, **query: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert api.get(path, query).status_code == 200
        return len(seen)

    small, large = made(api), made(api, urls=[f"{GOOD}/{number}" for number in range(10_000)])
    for query in ({}, {"with_snapshots": "true"}, {"with_archiveresults": "true"}, {"as_rss": "true"}):
        assert statements(one(small), **query) == statements(one(large), **query)
    content = api.get(one(large), {"with_snapshots": "true"}).json()
    assert (content["num_snapshots"], len(content["snapshots"])) == (10_000, 10_000)
    assert len(api.get(one(large), {"with_archiveresults": "true"}).json()["snapshots"]) == 1000
    assert statements(CRAWLS, limit=1) == statements(CRAWLS, limit=2)


def test_a_crawl_as_rss(api: Client, token: str) -> None:
    found = made(api, urls=["https://example.com/?a=1&b=<x>"], tags=["<&>"], label="<L>")
    response = api.get(one(found), {"as_rss": "true", "api_key": token})
    assert response.headers["Content-Type"].startswith("application/rss+xml")
    assert token.encode() not in response.content
    root = ElementTree.fromstring(response.content)  # noqa: S314
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (item,) = root.iter("item")
    assert item.findtext("category") == "<&>"


def test_files_of_a_crawl_need_a_token_or_a_session(api: Client, stranger: Client, keeper: User) -> None:
    found = made(api, urls=[GOOD, "ftp://example.com/"], config={"X": "<script>"})
    files = f"{one(found)}/files"
    assert stranger.get(f"{files}/urls.txt").status_code == 403
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(keeper)
    for client in (api, browser):
        response = client.get(f"{files}/urls.txt")
        assert response.getvalue() == f"{GOOD}\nftp://example.com/".encode()  # type: ignore[attr-defined]
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert not response.cookies
    assert json.loads(api.get(f"{files}/config.json").getvalue()) == {"X": "<script>"}  # type: ignore[attr-defined]
    (refused,) = api.get(f"{files}/refused.jsonl").getvalue().splitlines()  # type: ignore[attr-defined]
    assert json.loads(refused)["rule"] == "not_a_url"
    assert browser.get(f"{files}/urls.txt", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.get(CRAWLS).status_code == 403  # a session counts here only
    keeper.is_staff = keeper.is_superuser = False
    keeper.save()
    assert browser.get(f"{files}/urls.txt").status_code == 403


@pytest.mark.parametrize("path", ["x.txt", "..", "a/b", "a/b/c", "../urls.txt", "..%2f..%2fpagekeep.sqlite3", "a/../x"])
def test_other_files_are_not_found(api: Client, path: str) -> None:
    found = made(api)
    assert api.get(f"{one(found)}/files/{path}").status_code in (400, 404)


def test_files_of_another_crawls_snapshot_are_not_found(api: Client) -> None:
    found, other = made(api), add_urls([GOOD], user=None).snapshots[0]
    assert api.get(f"{one(found)}/files/{other.pk}/manifest.json").status_code == 404
    assert api.get(f"{one(found)}/files/{other.pk}/title/title.txt").status_code == 404


def test_each_refused_url_is_a_sentence_of_its_own(api: Client) -> None:
    urls = ["https://example.com/x1", "https://example.com/x2", "ftp://example.com/"]
    answer = create(api, urls=urls, config={"URL_DENYLIST": "/x"})
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert len(errors) == 3
    assert all(any(url in sentence for sentence in errors) for url in urls)
