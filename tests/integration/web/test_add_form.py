import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from own_settings import own_settings
from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.services.wiring import data_dir


@pytest.fixture
def strict(admin) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    return client


def test_the_form_is_filled_in_and_changes_nothing(staff: Client) -> None:
    page = staff.get("/add/", {"url": 'https://example.com/?a="<b>'}).content.decode()
    assert 'id="add-form"' in page
    assert "https://example.com/?a=&quot;&lt;b&gt;</textarea>" in page
    assert not Snapshot.objects.exists()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://testserver",
        "chrome-extension://abcdef",
        "moz-extension://1-2",
        "safari-web-extension://X",
        "safari-extension://com.example",
        "ms-browser-extension://x",
    ],
)
def test_old_clients_need_no_token(strict: Client, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    sent = {"url": "https://a.example/\nhttps://b.example/", "tag": "one,two", "parser": "auto", "depth": "1"}
    response = strict.post("/add/", sent, headers=headers)
    crawl = Crawl.objects.get()
    assert response["Location"] == f"/admin/core/crawl/{crawl.pk}/change/"
    assert crawl.max_depth == 1
    assert crawl.snapshots.count() == 2
    shown = strict.get(response["Location"], follow=True)
    assert shown.status_code == 200
    assert "2 pages are on the way" in shown.content.decode()


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://testserver.evil.example", "https://testserver", ""]
)
def test_other_web_pages_are_refused(strict: Client, origin: str) -> None:
    assert strict.post("/add/", {"url": "https://a.example/"}, headers={"origin": origin}).status_code == 403
    assert not Snapshot.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [{}, {"url": "nothing"}, {"url": "https://a.example/", "depth": "x"}, {"url": "https://a.example/", "depth": "5"}],
)
def test_bad_input_is_explained(staff: Client, sent: dict[str, str]) -> None:
    response = staff.post("/add/", sent)
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Snapshot.objects.exists()


def test_it_needs_a_session(client: Client, db: None) -> None:
    assert client.post("/add/", {"url": "https://a.example/"})["Location"] == "/admin/login/?next=/add/"
    assert client.get("/add/?url=x")["Location"].startswith("/admin/login/?next=/add/%3Furl")


def test_everything_but_the_url_is_optional(strict: Client) -> None:
    response = strict.post("/add/", {"url": "https://a.example/"})
    assert response["Location"] == f"/admin/core/crawl/{Crawl.objects.get().pk}/change/"
    more = {"tag": "", "parser": "url_list", "depth": "0", "archive_methods": ["title", "dom"], "persona": "Default"}
    response = strict.post("/add/", {"url": "https://b.example/", **more})
    assert response["Location"] == f"/admin/core/crawl/{Crawl.objects.latest('created_at').pk}/change/"
    assert Crawl.objects.latest("created_at").plugins == ["title", "dom"]


def test_strangers_may_add_where_the_setting_says_so(db: None) -> None:
    stranger = Client(enforce_csrf_checks=True)
    sent = {"url": "https://a.example/"}
    assert stranger.post("/add/", sent, headers={"origin": "https://evil.example"}).status_code == 403
    with own_settings(PUBLIC_ADD="true"):
        assert 'id="add-form"' in stranger.get("/add/").content.decode()
        for origin in ("https://evil.example", "null"):
            assert stranger.post("/add/", sent, headers={"origin": origin}).status_code == 403
        assert not Snapshot.objects.exists()
        response = stranger.post("/add/", sent, headers={"origin": "moz-extension://1-2"})
        crawl = Crawl.objects.get()
        assert response["Location"] == f"/admin/core/crawl/{crawl.pk}/change/"
        assert crawl.created_by is None
        assert stranger.get("/")["Location"] == "/admin/login/?next=/"
    assert stranger.post("/add/", sent)["Location"].startswith("/admin/login/")


def test_where_old_clients_look_for_tokens(staff: Client) -> None:
    assert staff.get("/admin/api/apitoken/")["Location"] == "/admin/archive/apitoken/"
    assert staff.get("/admin/api/apitoken/add/")["Location"] == "/admin/archive/apitoken/add/"
    assert staff.get("/admin/api/apitoken")["Location"] == "/admin/api/apitoken/"


def test_the_forms_offer_every_depth_and_keep_the_choice(staff: Client) -> None:
    for path, field in (("/", "urls"), ("/add/", "url")):
        page = staff.get(path).content.decode()
        assert all(f'<option value="{depth}">' in page for depth in range(5))
        assert staff.post(path, {field: "https://a.example/", "depth": "2"}).status_code == 302
        assert Crawl.objects.latest("created_at").max_depth == 2
        refused = staff.post(path, {field: "nothing", "depth": "3"})
        assert (refused.status_code, '<option value="3" selected>' in refused.content.decode()) == (400, True)
    for depth in ("5", "-1", "\u0661", "x" * 5000):
        refused = staff.post("/", {"urls": "https://a.example/", "depth": depth})
        assert (refused.status_code, "it goes from 0 to 4" in refused.content.decode()) == (400, True)
    assert '<option value="1" selected>' in staff.get("/add/?depth=1").content.decode()


def test_a_file_of_links_is_added_beside_the_text(strict: Client) -> None:
    table = b'url,title,tags\nhttps://b.example/,"B, the second",one|two\nnothing,Bad,\nhttps://c.example/,,\n'
    sent = {"url": "https://a.example/", "tag": "mine", "list": SimpleUploadedFile("links.csv", table)}
    shown = strict.post("/add/", sent, follow=True).content.decode()
    crawl = Crawl.objects.get()
    assert crawl.urls.split("\n") == ["https://a.example/", "https://b.example/", "nothing", "https://c.example/"]
    assert list(crawl.snapshots.order_by("-created_at").values_list("url", flat=True)) != []
    snapshot = crawl.snapshots.get(url="https://b.example/")
    assert (snapshot.title, snapshot.title_edited) == ("B, the second", True)
    assert sorted(snapshot.tags.values_list("name", flat=True)) == ["mine", "one", "two"]
    assert "3 pages are on the way" in shown
    assert "Line 3: &#x27;nothing&#x27; has no scheme" in shown
    assert "3 of 4 entries were taken." in shown


def test_a_file_alone_is_enough_and_an_empty_one_is_none(staff: Client) -> None:
    page = SimpleUploadedFile("page.html", b'<html><a href="https://a.example/">click here</a></html>')
    assert staff.post("/add/", {"list": page}).status_code == 302
    snapshot = Snapshot.objects.get()
    assert (snapshot.title, snapshot.title_edited) == ("click here", False)
    refused = staff.post("/add/", {"url": "", "list": SimpleUploadedFile("empty.txt", b"")})
    assert (refused.status_code, "No URL was given" in refused.content.decode()) == (400, True)
    assert staff.post("/add/", {"url": "https://b.example/", "list": ""}).status_code == 302


def test_a_history_database_can_be_uploaded(staff: Client, tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE urls (url, title, last_visit_time, hidden); CREATE TABLE visits (id); INSERT INTO urls"
            " VALUES ('https://a.example/', 'A', 13244473600000000, 0);"
        )
    assert staff.post("/add/", {"list": SimpleUploadedFile("History", path.read_bytes())}).status_code == 302
    assert Snapshot.objects.get().bookmarked_at.isoformat() == "2020-09-13T12:26:40+00:00"
    assert list(data_dir().temp.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "parser", "told"),
    [
        (b"PK\x03\x04", "", "a ZIP archive and broken"),
        (b"SQLite format 3\0", "", "cannot be read"),
        (b"SQLite format 3\0" + b"\xff" * 4000, "", "cannot be read"),
        (b"\x89PNG\r\n", "", "is no text"),
        (b"<opml><outline", "", "OPML"),
        (b"https://a.example/", "best", "is not known"),
        (b"\xff\xfe\x00", "", "has no scheme"),
    ],
)
def test_files_that_are_no_lists_are_explained(staff: Client, data: bytes, parser: str, told: str) -> None:
    response = staff.post("/add/", {"parser": parser, "list": SimpleUploadedFile("x", data)})
    assert response.status_code == 400
    assert told in response.content.decode()
    assert not Crawl.objects.exists()


def test_too_large_a_file_is_not_read(staff: Client) -> None:
    with own_settings(MAX_UPLOAD_SIZE="1000"):
        inside = staff.post("/add/", {"list": SimpleUploadedFile("x", b"https://a.example/\n" * 100)})
        assert (inside.status_code, "PAGEKEEP_MAX_UPLOAD_SIZE" in inside.content.decode()) == (413, True)
        beyond = staff.post("/add/", {"list": SimpleUploadedFile("x", b"#" * 5_000_000)})
        assert (beyond.status_code, "PAGEKEEP_MAX_UPLOAD_SIZE" in beyond.content.decode()) == (413, True)
    assert not Crawl.objects.exists()


def test_strangers_send_no_files(db: None) -> None:
    with own_settings(PUBLIC_ADD="true"):
        stranger = Client()
        assert 'type="file"' not in stranger.get("/add/").content.decode()
        sent = {"url": "https://a.example/", "list": SimpleUploadedFile("x", b"https://b.example/")}
        refused = stranger.post("/add/", sent)
        assert (refused.status_code, "Only people who are logged in" in refused.content.decode()) == (400, True)
        assert stranger.post("/add/", {"url": "https://a.example/", "list": ""}).status_code == 302


@pytest.mark.parametrize(("path", "field"), [("/", "urls"), ("/add/", "url")])
def test_a_list_can_be_pasted(staff: Client, path: str, field: str) -> None:
    text = "# Reading\r\n\r\n- [Bread](https://a.example/bread)\r\n- <https://b.example/>\r\n"
    assert staff.post(path, {field: text}).status_code == 302
    assert set(Snapshot.objects.values_list("url", "title")) == {
        ("https://a.example/bread", "Bread"),
        ("https://b.example/", ""),
    }
    told = staff.post(path, {field: "https://c.example/\r\n# a note\r\n\r\nnothing"}, follow=True).content.decode()
    assert "Line 4: &#x27;nothing&#x27; has no scheme" in told


def test_how_far_a_crawl_goes_can_be_asked(staff: Client) -> None:
    more = {"depth": "2", "scope": "host", "max_urls": "40", "label": " Docs ", "parser": "csv", "only_new": "1"}
    staff.post("/add/", {"url": "https://a.example/,A\nhttps://a.example/,B", **more})
    crawl = Crawl.objects.get()
    assert (crawl.max_depth, crawl.config, crawl.max_urls, crawl.label) == (2, {"CRAWL_SCOPE": "host"}, 40, "Docs")
    assert crawl.snapshots.get().title == "A"
    shown = staff.post("/add/", {"url": "https://a.example/", "only_new": "1"}, follow=True).content.decode()
    assert "archived already and were passed over" in shown
    for bad in ({"scope": "planet"}, {"max_urls": "-1"}, {"max_urls": "9" * 19}, {"label": "x" * 256}):
        page = staff.post("/add/", {"url": "https://b.example/", **bad})
        assert (page.status_code, 'class="more" open' in page.content.decode()) == (400, True)
    assert 'class="more">' in staff.get("/add/").content.decode()


def test_of_several_files_each_is_named(staff: Client) -> None:
    files = [SimpleUploadedFile(f"{name}.txt", f"https://{name}.example/\nbad".encode()) for name in "ab"]
    shown = staff.post("/add/", {"list": files}, follow=True).content.decode()
    assert "2 pages are on the way" in shown
    assert "a.txt, line 2: " in shown
    files = [SimpleUploadedFile("one.txt", b"bad"), SimpleUploadedFile("two.txt", b"https://b.example/")]
    assert (
        "one.txt: &#x27;bad&#x27; has no scheme" in staff.post("/add/", {"list": files}, follow=True).content.decode()
    )
