import csv
import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pagekeep.api import listing
from pagekeep.api.routers import cli_snapshots
from pagekeep.archive.models import Snapshot
from pagekeep.archive.references import timestamp_of
from pagekeep.services import find_matching
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
URLS = {
    "a": ("https://example.com/a", ["News"], "succeeded"),
    "b": ("http://Example.com:8080/b?x=ä", ["news", "two words"], "failed"),
    "c": ("https://me:pw@example.org/c%20d", [], "queued"),
    "d": ("https://sub.example.com:443/d", ["old"], "sealed"),
    "e": ("http://[::1]:9000/e", [], "paused"),
}


@pytest.fixture
def shelf(keeper: User) -> dict[str, Snapshot]:
    """Five snapshots, one a day from 2026 on; the last is the newest."""
    found = {}
    for number, (name, (url, tags, status)) in enumerate(URLS.items()):
        snapshot = add_urls([url], user=keeper, tags=tags).snapshots[0]
        moment = START + timedelta(days=number)
        changes = {
            "bookmarked_at": moment,
            "timestamp": timestamp_of(moment),
            "status": status,
            "title": f"Title {name}",
        }
        due = moment if status == "queued" else None
        Snapshot.objects.filter(pk=snapshot.pk).update(**changes, retry_at=due)
        found[name] = Snapshot.objects.get(pk=snapshot.pk)
    return found


def post(client: Client, command: str, **body: Any) -> Any:
    return client.post(f"/api/v1/cli/{command}", body, content_type="application/json")


def names(client: Client, **body: Any) -> str:
    """Return the letters of the snapshots found, in the order of the answer."""
    response = post(client, "search", **body)
    assert response.status_code == 200, response.content
    content = response.json()
    assert (content["success"], content["errors"], content["result_format"]) == (True, [], "json")
    return "".join(item["title"][-1] for item in content["result"])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "edcba"),
        ({"filter_patterns": None}, "edcba"),
        ({"filter_patterns": []}, "edcba"),
        ({"filter_patterns": [""]}, "edcba"),
        ({"filter_patterns": ["EXAMPLE.COM"]}, "dba"),
        ({"filter_patterns": "EXAMPLE.COM"}, "dba"),
        ({"filter_patterns": ["com/a", "9000"]}, "ea"),
        ({"filter_patterns": ["%"]}, "c"),
        ({"filter_patterns": ["_"]}, ""),
        ({"filter_patterns": ["x=ä"], "filter_type": None}, "b"),
        ({"filter_type": "exact", "filter_patterns": ["https://example.com/a"]}, "a"),
        ({"filter_type": "exact", "filter_patterns": ["https://example.com/"]}, ""),
        ({"filter_type": "regex", "filter_patterns": [r"/[ab]\b"]}, "ba"),
        ({"filter_type": "regex", "filter_patterns": [r"^HTTPS://", "9000"]}, "edca"),
        ({"filter_type": "regex", "filter_patterns": ["\x00"]}, ""),
        ({"filter_type": "domain", "filter_patterns": ["example.com"]}, "ba"),
        ({"filter_type": "domain", "filter_patterns": ["EXAMPLE.com:8080"]}, "b"),
        ({"filter_type": "domain", "filter_patterns": ["example.com:443"]}, "a"),
        ({"filter_type": "domain", "filter_patterns": ["example.com:80"]}, ""),
        ({"filter_type": "domain", "filter_patterns": ["example.org:443"]}, "c"),
        ({"filter_type": "domain", "filter_patterns": ["sub.example.com:443"]}, "d"),
        ({"filter_type": "domain", "filter_patterns": ["[::1]:9000"]}, "e"),
        ({"filter_type": "domain", "filter_patterns": ["[::1]"]}, "e"),
        ({"filter_type": "tag", "filter_patterns": ["NEWS", "old"]}, "dba"),
        ({"filter_type": "timestamp", "filter_patterns": ["2026-01-03"]}, "c"),
        ({"filter_type": "timestamp", "filter_patterns": [str(int(START.timestamp()))]}, "a"),
        ({"filter_type": "search", "filter_patterns": ["title d", "two w"]}, "db"),
        ({"status": "indexed"}, "edcba"),
        ({"status": "archived"}, "da"),
        ({"status": "unarchived"}, "ecb"),
        ({"status": "failed"}, "b"),
        ({"status": ""}, "edcba"),
        ({"url__icontains": "EXAMPLE.COM", "url__istartswith": "HTTPS"}, "da"),
        ({"tag": "news"}, "ba"),
        ({"search": "title b"}, "b"),
        ({"after": 0, "before": 999999999999999}, "edcba"),
        ({"after": -999999999999999999, "before": None}, "edcba"),
        ({"after": None, "before": 1e300}, "edcba"),
        ({"after": "", "before": ""}, "edcba"),
        ({"after": (START + timedelta(days=1)).timestamp()}, "edcb"),
        ({"after": (START + timedelta(days=1)).timestamp() + 0.000001}, "edc"),
        ({"after": "2026-01-02", "before": "2026-01-04T00:00:00Z"}, "cb"),
        ({"before": str(START.timestamp() + 1)}, "a"),
        ({"limit": 2}, "ed"),
        ({"limit": 10**18}, "edcba"),
        ({"limit": None, "sort": "bookmarked_at"}, "abcde"),
        ({"sort": "-title", "limit": 3, "status": "unarchived"}, "ecb"),
        ({"sort": "url"}, "beacd"),
        ({"filter_patterns": ["example"], "tag": "news", "status": "failed", "filter_type": "substring"}, "b"),
    ],
)
def test_what_fits(api: Client, shelf: dict[str, Snapshot], body: dict[str, Any], found: str) -> None:
    assert names(api, **body) == found


@pytest.mark.parametrize(
    "body",
    [
        {"search": "ÄPFEL"},
        {"filter_type": "search", "filter_patterns": ["äPFEL"]},
        {"search": "äpfel", "sort": "url", "tag": "news"},
        {"search": "äpfel", "filter_patterns": ["/b"], "status": "unarchived", "limit": 1},
        {"search": "title", "filter_type": "search", "filter_patterns": ["example.com:8080"]},
    ],
)
def test_a_search_finds_what_the_list_of_snapshots_finds(
    api: Client, shelf: dict[str, Snapshot], body: dict[str, Any]
) -> None:
    Snapshot.objects.filter(pk=shelf["b"].pk).update(title="Äpfel: title b")
    assert api.get("/api/v1/core/snapshots", {"search": "ÄPFEL"}).json()["total_items"] == 1
    assert names(api, **body) == "b"


def test_a_crawl(api: Client, shelf: dict[str, Snapshot]) -> None:
    crawl_id = str(shelf["c"].crawl_id)
    for reference in (crawl_id, crawl_id.replace("-", "").upper(), crawl_id[:-1], crawl_id[:-9]):
        assert names(api, crawl_id=reference) == "c"
        assert api.get("/api/v1/core/snapshots", {"crawl_id": reference}).json()["total_items"] == 1
    assert names(api, crawl_id="ffff") == ""
    response = post(api, "search", crawl_id=crawl_id[:3])
    assert response.status_code == 400
    assert "fits 5 crawls" in response.json()["errors"][0]


@pytest.mark.parametrize(
    "body",
    [
        {"filter_type": "bogus", "filter_patterns": ["x"]},
        {"filter_type": "regex", "filter_patterns": ["("]},
        {"filter_type": "regex", "filter_patterns": ["(?=x)"]},
        {"filter_type": "regex", "filter_patterns": ["x" * 10_000]},
        {"filter_type": "domain", "filter_patterns": ["https://example.com/"]},
        {"filter_type": "domain", "filter_patterns": ["example.com:port"]},
        {"filter_type": "timestamp", "filter_patterns": ["yesterday"]},
        {"filter_patterns": [str(number) for number in range(501)]},
        {"status": "bogus"},
        {"sort": "bogus"},
        {"crawl_id": "bogus"},
        {"after": "yesterday"},
        {"after": "nan"},
        {"before": [1]},
        {"limit": 0},
        {"limit": -1},
        {"as_json": False, "as_csv": "url,bogus"},
    ],
)
@pytest.mark.parametrize("command", ["search", "update", "remove"])
def test_what_is_refused(api: Client, shelf: dict[str, Snapshot], command: str, body: dict[str, Any]) -> None:
    if "as_csv" in body and command != "search":
        return
    response = post(api, command, **{"filter_patterns": ["example"]} | body)
    assert response.status_code == 400, response.content
    assert response.json()["errors"][0].endswith(".")
    assert Snapshot.objects.filter(hidden=False).count() == 5


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "((a*)*)*b", "(.*)*x", ".*" * 400 + "z"])
@pytest.mark.parametrize("command", ["search", "update", "remove"])
def test_no_pattern_hangs_the_server(api: Client, keeper: User, command: str, pattern: str) -> None:
    add_urls([f"https://example.com/{'a' * 16_000}!{number}" for number in range(5)], user=keeper)
    began = time.process_time()
    assert post(api, command, filter_type="regex", filter_patterns=[pattern]).status_code == 200
    assert time.process_time() - began < 5  # other engines: for ever


def test_a_search_that_takes_too_long_is_given_up(api: Client, keeper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    add_urls([f"https://example.com/{'a' * 8_000}{number}" for number in range(300)], user=keeper)
    find = find_matching.find_ids
    monkeypatch.setattr(cli_snapshots, "find_ids", lambda *arguments: find(*arguments, seconds=0.02))
    response = post(api, "search", filter_type="regex", filter_patterns=["(?:a|ab|abc|.a){900}x"])
    assert response.status_code == 400
    assert "narrow" in response.json()["errors"][0]
    assert len(post(api, "search", limit=1).json()["result"]) == 1  # the connection serves on


def test_objects_are_those_of_the_list(api: Client, shelf: dict[str, Snapshot]) -> None:
    found = post(api, "search").json()
    assert found["result"] == api.get("/api/v1/core/snapshots").json()["items"]
    assert found["stdout"] == "5 snapshots fit."
    assert found["stderr"] == ""


def test_list_is_the_same(api: Client, shelf: dict[str, Snapshot]) -> None:
    body = {"filter_type": "domain", "filter_patterns": ["example.com"], "as_csv": "url"}
    assert post(api, "list", **body).json() == post(api, "search", **body).json()


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ({}, "json"),
        ({"as_json": True, "as_csv": "timestamp,url", "as_html": False}, "json"),
        ({"as_csv": "url"}, "csv"),
        ({"as_csv": True}, "csv"),
        ({"as_csv": False}, "json"),
        ({"as_csv": None}, "json"),
        ({"as_csv": ""}, "json"),
        ({"as_json": False}, "csv"),
        ({"as_json": False, "as_csv": False}, "text"),
        ({"as_html": True}, "html"),
        ({"as_html": True, "as_json": True}, "json"),
        ({"as_html": True, "as_json": False, "as_csv": "url"}, "html"),
    ],
)
def test_forms(api: Client, shelf: dict[str, Snapshot], body: dict[str, Any], form: str) -> None:
    answer = post(api, "search", **body).json()
    assert answer["result_format"] == form
    assert isinstance(answer["result"], list if form == "json" else str)


def table(client: Client, **body: Any) -> list[list[str]]:
    text = post(client, "search", **body).json()["result"]
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv(api: Client, shelf: dict[str, Snapshot]) -> None:
    rows = table(api, as_csv=True, sort="bookmarked_at")
    assert rows == [[snapshot.timestamp, snapshot.url] for snapshot in shelf.values()]
    rows = table(api, as_csv="id, tags,status,archive_path ,num_archiveresults", with_headers=True, tag="two words")
    assert rows[0] == ["id", "tags", "status", "archive_path", "num_archiveresults"]
    ident = str(shelf["b"].pk)
    assert rows[1:] == [[ident, "News,two words", "failed", f"snapshot/{ident}", "0"]]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_spreadsheet_takes_a_title_for_a_formula(api: Client, shelf: dict[str, Snapshot], title: str) -> None:
    Snapshot.objects.filter(pk=shelf["a"].pk).update(title=title)
    assert table(api, as_csv="title,url", crawl_id=str(shelf["a"].crawl_id)) == [["'" + title, shelf["a"].url]]


def test_quotes_commas_and_line_breaks_survive_csv(api: Client, shelf: dict[str, Snapshot]) -> None:
    title = 'say "a",\r\nthen b; ü'
    Snapshot.objects.filter(pk=shelf["a"].pk).update(title=title)
    text = post(api, "search", as_csv="title", crawl_id=str(shelf["a"].crawl_id)).json()["result"]
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[title]]


def test_html_is_a_whole_page_and_nothing_from_pages_is_markup(api: Client, shelf: dict[str, Snapshot]) -> None:
    hostile = "</title><script>alert(1)</script>\"'&"
    Snapshot.objects.filter(pk=shelf["a"].pk).update(title=hostile)
    page = post(api, "search", as_html=True).json()["result"]
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f'href="http://localhost/snapshot/{shelf["a"].pk}/"' in page
    assert page.count("<tr>") == 6


def test_text_has_a_line_for_each(api: Client, shelf: dict[str, Snapshot]) -> None:
    Snapshot.objects.filter(pk=shelf["a"].pk).update(title="two\nlines \x1b[31m")
    text = post(api, "search", as_json=False, as_csv=False).json()["result"]
    assert len(text.splitlines()) == 5
    assert "\x1b" not in text
    assert shelf["b"].url in text


def test_hidden_snapshots_are_not_found(api: Client, shelf: dict[str, Snapshot]) -> None:
    Snapshot.objects.filter(pk=shelf["a"].pk).update(hidden=True)
    assert names(api) == "edcb"
    assert names(api, filter_type="search", filter_patterns=["title"]) == "edcb"


@pytest.mark.parametrize(("limit", "told"), [(None, True), (2, False), (3, True)])
def test_more_than_fit_into_an_answer(
    api: Client, shelf: dict[str, Snapshot], monkeypatch: pytest.MonkeyPatch, limit: int | None, told: bool
) -> None:
    monkeypatch.setattr(listing, "MOST", 2)
    monkeypatch.setattr(cli_snapshots, "MOST", 2)
    answer = post(api, "search", limit=limit).json()
    assert len(answer["result"]) == 2
    assert ("More than 2" in answer["stderr"]) is told


def test_the_number_of_statements_is_constant(
    api: Client, shelf: dict[str, Snapshot], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    add_urls([f"https://example.net/{number}" for number in range(200)], user=None, tags=["many"])
    for form in ({}, {"as_csv": "url,tags"}, {"as_html": True}):
        with django_assert_max_num_queries(5):  # the token, the ids, the rows, their tags; and its use noted
            post(api, "search", **form)


def test_a_token_that_may_only_read(keeper: User, shelf: dict[str, Snapshot]) -> None:
    key = {"X-ArchiveBox-API-Key": issue_token(keeper, scopes=["read"])[1]}
    reader = Client(SERVER_NAME="localhost", raise_request_exception=False, headers=key)
    assert len(names(reader)) == 5
    for command in ("update", "remove", "schedule"):
        assert post(reader, command, filter_patterns=["x"]).status_code == 403
