"""Where links made for other archives look for captures."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from own_settings import own_settings
from pagekeep.archive.models import Snapshot
from pagekeep.archive.url_queries import urls_from
from pagekeep.services.add_urls import add_urls

URL = "https://example.com/page?b=1&c=%2F"


def test_the_newest_exact_match(staff: Client, make_snapshot) -> None:
    old = make_snapshot(URL, bookmarked_at=timezone.now() - timedelta(days=1))
    new = make_snapshot(URL)
    make_snapshot(URL + "&d=1")
    make_snapshot("https://example.com/page")
    make_snapshot(URL, hidden=True, bookmarked_at=timezone.now() + timedelta(days=1))
    assert staff.get(f"/archive/{URL}")["Location"] == f"/snapshot/{new.pk}/"
    assert staff.head(f"/archive/{URL}")["Location"] == f"/snapshot/{new.pk}/"
    new.delete()
    assert staff.get(f"/archive/{URL.replace('//', '/')}")["Location"] == f"/snapshot/{old.pk}/"
    assert staff.post(f"/archive/{URL}").status_code == 405


@pytest.mark.parametrize("kept", ["https://example.com/ä b", "https://example.com/%C3%A4%20b"])
@pytest.mark.parametrize("asked", ["https://example.com/ä b", "example.com/ä b"])
def test_however_the_url_was_written(staff: Client, make_snapshot, kept: str, asked: str) -> None:
    snapshot = make_snapshot(kept)
    assert staff.get(f"/archive/{quote(asked)}")["Location"] == f"/snapshot/{snapshot.pk}/"


def test_captures_that_begin_so(staff: Client, make_snapshot) -> None:
    for number in range(3):
        make_snapshot(f"https://example.com/blog/{number}", title=f"Post {number}", tags=["news"])
    make_snapshot("https://example.com/about", title="About us")
    response = staff.get("/archive/https://example.com/blog")
    assert response.status_code == 200
    page = response.content.decode()
    assert all(f"Post {number}" in page for number in range(3))
    assert "About us" not in page
    assert 'href="/?tag=news"' in page
    assert page.index("Post 0") < page.index("Post 2")
    page = staff.get("/archive/http:/example.com/bl<b>og?\"x='1'").content.decode()
    assert "<b>og" not in page
    missing = staff.get("/archive/https://example.com/nothing")
    assert missing.status_code == 404
    assert 'href="/add/?url=https%3A%2F%2Fexample.com%2Fnothing"' in missing.content.decode()


def test_many_captures_are_found_by_index_alone(staff: Client, admin, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    add_urls([f"https://example.com/{number}" for number in range(150)], user=admin)
    page = staff.get("/archive/https://example.com/").content.decode()
    assert page.count("</li>") == 100
    assert "There are more" in page
    with connection.cursor() as cursor:
        sql, parameters = urls_from("https://example.com/")[:100].query.sql_with_params()
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "snapshot_url_newest" in plan
    assert "TEMP B-TREE" not in plan
    with django_assert_max_num_queries(8):  # session, user, exact, beginning, and the rows' own
        staff.get("/archive/https://example.com/1")


def test_timestamps(staff: Client, make_snapshot) -> None:
    files = {"singlefile/singlefile.html": (b"<p>", "text/html"), "title/title.txt": (b"A title", "text/plain")}
    snapshot = make_snapshot("https://me:secret@example.com/", files=files, tags=["b", "a"])
    path = f"/archive/{snapshot.timestamp}"
    assert staff.get(f"{path}?a=1")["Location"] == f"{path}/?a=1"
    assert staff.get(f"{path}/")["Location"] == f"/snapshot/{snapshot.pk}/"
    assert staff.get(f"{path}/singlefile.html")["Location"] == f"/snapshot/{snapshot.pk}/singlefile.html"
    index = staff.get(f"{path}/index.json").json()
    assert (index["url"], index["timestamp"]) == ("https://example.com/", snapshot.timestamp)
    assert index["tags"] == "a,b"
    assert set(index["history"]) == {"singlefile", "title"}
    assert index["history"]["title"][0]["status"] == "succeeded"
    assert index["history"]["title"][0]["output_files"] == ["title.txt"]
    for missing in ("/archive/1234567890.5/", "/archive/1234567890/index.json"):
        assert staff.get(missing).status_code == 404


def test_all_is_private_unless_the_index_is_public(client: Client, make_snapshot) -> None:
    snapshot = make_snapshot(URL)
    paths = [f"/archive/{URL}", f"/archive/{snapshot.timestamp}/", f"/archive/{snapshot.timestamp}/index.json"]
    for path in paths:
        assert client.get(path)["Location"] == f"/admin/login/?next={quote(path)}"
    with own_settings(PUBLIC_INDEX="true"):
        assert client.get("/")["Location"] == "/public/"
        assert client.get(paths[0])["Location"] == f"/snapshot/{snapshot.pk}/"
        assert "Archive it" not in client.get("/archive/https://nothing.example/").content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "%00",
        "..%2F..",
        "http://[",
        "http://",
        "https://x/%FF",
        "9" * 400,
        "a" * 10_000,
        "http://x/'%20OR%20'1'='1",
        "/",
    ],
)
def test_whatever_is_asked_for_is_answered(staff: Client, asked: str) -> None:
    assert staff.get(f"/archive/{asked}").status_code == 404


def test_the_path_of_old_clients_leads_there(client: Client, db: None) -> None:
    response = client.get("/api/archive/https://example.com/a%20b%3F/%C3%A4?b=%2F&c=1", headers={"host": "localhost"})
    assert response.status_code == 302
    assert response["Location"] == "/archive/https://example.com/a%20b%3F/%C3%A4?b=%2F&c=1"
    assert response["Cache-Control"] == "no-store"
    assert client.post("/api/archive/https://example.com/", headers={"host": "localhost"}).status_code == 405
    key = client.get("/api/archive/https://example.com/?api_key=0123", headers={"host": "localhost"})["Location"]
    assert "0123" not in key


def test_nothing_asked_for_leads_to_the_list(staff: Client) -> None:
    assert staff.get("/archive")["Location"] == "/archive/"
    assert staff.get("/archive/")["Location"] == "/"


@pytest.mark.parametrize("path", ["/add?url=a%20b&c=1", "/public?c=1", "/admin/login?next=/", "/admin?x=1", "/health"])
def test_a_missing_slash_is_added_and_the_query_kept(staff: Client, path: str) -> None:
    before, _, query = path.partition("?")
    assert staff.get(path)["Location"] == f"{before}/" + (f"?{query}" if query else "")


def test_reading_changes_nothing(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(URL)
    before = list(Snapshot.objects.values())
    for path in ("/", "/add/?url=https://x.example/", f"/archive/{URL}", "/archive/https://x", "/progress.json"):
        staff.get(path)
    for action in ("retry", "cancel"):
        assert staff.get(f"/snapshot/{snapshot.pk}/{action}/").status_code == 405
    assert list(Snapshot.objects.values()) == before


def test_progress_has_the_fields_old_clients_read(staff: Client, client: Client, admin) -> None:  # type: ignore[no-untyped-def]
    crawl = add_urls(["https://example.com/"], user=admin).crawl
    told = staff.get("/progress.json").json()
    assert told["crawls_active"] == 1
    assert told["active_crawls"] == [
        {"label": "https://example.com/", "status": "queued", "started": crawl.created_at.isoformat()}
    ]
    assert told["collection"] == {"snapshots": 1, "bytes": 0}
    assert Client().get("/progress.json")["Location"] == "/admin/login/?next=/progress.json"
