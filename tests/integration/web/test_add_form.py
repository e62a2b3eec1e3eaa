import pytest
from django.test import Client

from own_settings import own_settings
from pagekeep.archive.models import Crawl, Snapshot


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
