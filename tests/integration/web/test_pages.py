import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queue import claim
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.register_worker import register_worker
from pagekeep.services.wiring import snapshot_files
from pagekeep.web.views import listing

PICTURES = {
    "screenshot/thumbnail.jpg": (b"jpeg", "image/jpeg"),
    "favicon/favicon.ico": (b"icon", "image/png"),
    "singlefile/singlefile.html": (b"<p>kept", "text/html"),
}
PDF = {
    "static/paper.pdf": (b"%PDF", "application/pdf"),
    "static/text.txt": (b"text", "text/plain; charset=utf-8"),
    "static/thumbnail.jpg": (b"jpeg", "image/jpeg"),
}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\u202etxt.exe"


def text(response) -> str:
    return response.content.decode()


def test_everything_is_private(client: Client, make_snapshot) -> None:
    snapshot = make_snapshot()
    assert client.get("/")["Location"] == "/admin/login/?next=/"
    for path in ("/progress.json", "/public/", f"/snapshot/{snapshot.pk}/delete/", "/admin/"):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/?next=")
    for action in ("retry", "cancel", "delete"):
        assert client.post(f"/snapshot/{snapshot.pk}/{action}/")["Location"].startswith("/admin/login/")
    assert client.post("/", {"urls": "https://example.org/"})["Location"].startswith("/admin/login/")
    assert Snapshot.objects.count() == 1


def test_the_login_page_is_djangos_form(client: Client, admin) -> None:
    admin.set_password("a good password")
    admin.save()
    page = text(client.get("/admin/login/?next=/"))
    for name in ("username", "password", "csrfmiddlewaretoken", "next"):
        assert f'name="{name}"' in page
    answer = client.post("/admin/login/?next=/", {"username": "admin", "password": "a good password", "next": "/"})
    assert answer["Location"] == "/"
    assert "sessionid" in answer.cookies
    wrong = client.post("/admin/login/", {"username": "admin", "password": "<b>wrong"})
    assert "Please enter the correct username" in text(wrong)


def test_an_empty_archive_invites(staff: Client) -> None:
    assert "Nothing here yet" in text(staff.get("/"))


def test_the_list_shows_what_matters(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot("https://www.example.com/a?b=1", files=PICTURES, tags=["Reading"], output_size=2048)
    page = text(staff.get("/"))
    assert "A title" in page
    assert "<b>www.example.com</b>" in page
    assert f"/snapshot/{snapshot.pk}/screenshot/thumbnail.jpg?v=" in page
    assert f"/snapshot/{snapshot.pk}/favicon/favicon.ico?v=" in page
    assert "2.0\xa0KB" in page
    assert "Archived" in page
    assert 'href="?tag=Reading"' in page


def test_a_file_has_its_own_thumbnail_in_the_list(staff: Client, make_snapshot) -> None:
    file = make_snapshot("https://example.com/a.pdf", files=PDF)
    both = make_snapshot("https://example.com/b", files=PDF | PICTURES)
    page = text(staff.get("/"))
    assert f"/snapshot/{file.pk}/static/thumbnail.jpg?v=" in page
    assert f"/snapshot/{both.pk}/screenshot/thumbnail.jpg?v=" in page
    assert f"/snapshot/{both.pk}/static/" not in page


@pytest.mark.parametrize(
    ("name", "mimetype", "shown"),
    [
        ("paper.pdf", "application/pdf", '<iframe class="stage" src="/snapshot/{}/static/paper.pdf?v='),
        ("red.png", "image/png", '<img src="/snapshot/{}/static/red.png?v='),
        ("notes.txt", "text/plain", '<iframe class="stage" src="/snapshot/{}/static/notes.txt?v='),
        ("paper.bin", "application/octet-stream", '<iframe class="stage" src="/snapshot/{}/static/text.txt?v='),
    ],
)
def test_a_file_is_shown_first(staff: Client, make_snapshot, name: str, mimetype: str, shown: str) -> None:
    previews = {path: kept for path, kept in PDF.items() if path != "static/paper.pdf"}
    others = {"headers/headers.json": (b"{}", "application/json")}
    snapshot = make_snapshot(files={f"static/{name}": (b"x", mimetype)} | previews | others)
    page = text(staff.get(f"/snapshot/{snapshot.pk}/"))
    assert shown.format(snapshot.pk) in page
    assert ('sandbox="allow-scripts"' in page) == (mimetype == "text/plain" or name == "paper.bin")
    assert '<a href="?output=static" aria-current="true">File</a>' in page


def test_newest_first_and_in_pages(staff: Client, make_snapshot) -> None:
    for number in range(53):
        make_snapshot(f"https://example.com/{number}", title=f"Number {number}.")
    first, second = text(staff.get("/")), text(staff.get("/?page=2"))
    assert re.findall(r"Number (\d+)\.", first) == [str(number) for number in range(52, 2, -1)]
    assert re.findall(r"Number (\d+)\.", second) == ["2", "1", "0"]
    assert 'href="?page=2"' in first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=FIRST", {"First"}),
        ("search=second.example", {"Second"}),
        ("status=failed", {"Second"}),
        ("tag=RED", {"First"}),
        ("search=nothing", set()),
        ("search=%25", set()),
    ],
)
def test_filters(staff: Client, make_snapshot, query: str, found: set[str]) -> None:
    make_snapshot("https://first.example/", title="First", tags=["red"])
    make_snapshot("https://second.example/", title="Second", status=SnapshotStatus.FAILED)
    page = text(staff.get(f"/?{query}"))
    assert set(re.findall(r"<bdi>(First|Second)</bdi>", page)) == found


def test_an_unknown_status_is_named(staff: Client) -> None:
    response = staff.get("/?status=bogus")
    assert response.status_code == 400
    assert "succeeded" in text(response)


def test_a_list_costs_the_same_whatever_its_length(staff: Client, make_snapshot) -> None:
    def statements(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert staff.get(path).status_code == 200
        return len(queries)

    ids = [make_snapshot(f"https://example.com/{n}", files=PICTURES, tags=["a", "b"]).pk for n in range(2)]
    few = statements("/"), statements(f"/progress.json?row={ids[0]}")
    ids += [make_snapshot(f"https://example.com/{n}", files=PICTURES, tags=["c", f"d{n}"]).pk for n in range(2, 30)]
    many = statements("/"), statements("/progress.json?" + "&".join(f"row={one}" for one in ids))
    assert few == many
    assert few[0] <= 11


def test_adding_says_what_was_taken_and_what_was_refused(staff: Client) -> None:
    lines = "https://example.com/a\n\n  https://example.com/b  \nexample.org\njavascript:alert(1)\n"
    response = staff.post("/", {"urls": lines, "tags": "one, Two Words"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    page = text(response)
    assert "2 pages are on the way" in page
    assert "&#x27;example.org&#x27; has no scheme" in page
    assert "has the scheme &#x27;javascript&#x27;" in page
    assert set(Snapshot.objects.values_list("url", flat=True)) == {"https://example.com/a", "https://example.com/b"}
    assert {tag.name for tag in Snapshot.objects.first().tags.all()} == {"one", "Two Words"}


def test_only_bad_urls_are_given_back_to_correct(staff: Client) -> None:
    response = staff.post("/", {"urls": "<script>alert(1)</script>", "tags": 'x"y'})
    assert response.status_code == 400
    page = text(response)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in page
    assert 'value="x&quot;y"' in page
    assert Snapshot.objects.count() == 0


def test_forms_need_their_token(admin, make_snapshot) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    snapshot = make_snapshot()
    for path in ("/", f"/snapshot/{snapshot.pk}/delete/", f"/snapshot/{snapshot.pk}/retry/"):
        response = strict.post(path, {"urls": "https://example.org/"})
        assert response.status_code == 403
        assert "The form was not accepted" in text(response)
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize(
    "path", ["/", "/snapshot/{id}/", "/snapshot/{id}/delete/", "/progress.json?row={id}", "/progress.json?page={id}"]
)
def test_hostile_text_stays_text(staff: Client, make_snapshot, path: str) -> None:
    snapshot = make_snapshot(
        "https://evil.example/\u202e?q=<script>alert(3)</script>\"'",
        title=HOSTILE,
        reason=HOSTILE,
        final_url="javascript:alert(4)",
        tags=["<i>tag</i>"],
    )
    ArchiveResult.objects.create(
        snapshot=snapshot,
        plugin="title",
        status=ResultStatus.FAILED,
        output_str=HOSTILE,
        created_at=timezone.now(),
        output_files={'"><script>': {"size": 1, "mimetype": "text/html", "sha256": "0" * 64, "extension": ""}},
    )
    response = staff.get(path.format(id=snapshot.pk))
    page = response.json()["parts"].__repr__() if "json" in path else text(response)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<i>tag" not in page
    assert 'href="javascript:' not in page
    # A mark that reverses what follows is isolated in titles, and written out in URLs.
    for before in re.findall(r"(.{300})\u202e", page, re.DOTALL):
        assert "<bdi>" in before or "<title>" in before
    assert "evil.example" in page or "page=" in path


def test_a_giant_title_does_not_fill_the_page(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(title="x" * 10_000, reason="y" * 10_000)
    for path in ("/", f"/snapshot/{snapshot.pk}/", f"/snapshot/{snapshot.pk}/delete/"):
        assert "x" * 400 not in text(staff.get(path))


def test_the_page_of_a_snapshot(staff: Client, make_snapshot) -> None:
    older = make_snapshot(files=PICTURES)
    snapshot = make_snapshot(
        files=PICTURES | {"wacz/archive.wacz": (b"zip", "application/wacz+zip")}, final_url="https://example.com/end"
    )
    page = text(staff.get(f"/snapshot/{snapshot.pk.hex}/"))
    assert re.search(r'<iframe[^>]+src="/snapshot/[^"]+/singlefile/singlefile.html[^"]*" sandbox="allow-scripts"', page)
    assert 'href="https://example.com/end"' in page
    assert f'href="/snapshot/{older.pk}/"' in page
    assert f'href="/snapshot/{snapshot.pk}.zip"' in page
    assert f'href="/snapshot/{snapshot.pk}/wacz/archive.wacz?download=1"' in page
    assert "HTTP 200" in page
    chosen = text(staff.get(f"/snapshot/{snapshot.pk}/?output=screenshot"))
    assert "<iframe" not in chosen
    unknown = text(staff.get(f"/snapshot/{snapshot.pk}/?output=../../etc/passwd"))
    assert "singlefile.html" in unknown


def test_our_pages_are_sealed(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(files=PICTURES)
    for path in ("/", f"/snapshot/{snapshot.pk}/", "/admin/", "/nowhere/", "/health/", "/progress.json"):
        response = staff.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        page = text(response)
        assert "style=" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page)
        assert not re.search(r"\son\w+=", page)


def test_get_changes_nothing(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot()
    assert staff.get(f"/snapshot/{snapshot.pk}/retry/").status_code == 405
    assert staff.get(f"/snapshot/{snapshot.pk}/cancel/").status_code == 405
    assert staff.get(f"/snapshot/{snapshot.pk}/delete/").status_code == 200
    assert Snapshot.objects.filter(pk=snapshot.pk, status=SnapshotStatus.SUCCEEDED).exists()


def test_delete_removes_row_and_files(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(files=PICTURES)
    response = staff.post(f"/snapshot/{snapshot.pk}/delete/", follow=True)
    assert "The snapshot is deleted." in text(response)
    assert not Snapshot.objects.exists()
    assert not snapshot_files(snapshot.pk).folder.exists()
    assert staff.get(f"/snapshot/{snapshot.pk}/").status_code == 404


def test_retry_queues_what_is_missing(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(files=PICTURES, status=SnapshotStatus.FAILED, reason="It broke.")
    assert "Retry" in text(staff.get(f"/snapshot/{snapshot.pk}/"))
    response = staff.post(f"/snapshot/{snapshot.pk}/retry/", follow=True)
    assert "Waiting for a worker" in text(response)
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.QUEUED


def test_retry_of_what_is_being_captured_says_why_not(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(status=SnapshotStatus.QUEUED, retry_at=timezone.now())
    assert claim(register_worker(1).pk, 60) is not None
    assert "is being captured right now" in text(staff.post(f"/snapshot/{snapshot.pk}/retry/", follow=True))


def test_cancel_seals(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(status=SnapshotStatus.QUEUED, retry_at=timezone.now())
    staff.post(f"/snapshot/{snapshot.pk}/cancel/")
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.SEALED


def test_progress_tells_what_goes_on(staff: Client, make_snapshot) -> None:
    make_snapshot("https://done.example/", output_size=100)
    snapshot = make_snapshot("https://busy.example/", status=SnapshotStatus.QUEUED, retry_at=timezone.now(), title="")
    known = staff.get(f"/progress.json?row={snapshot.pk}").json()
    assert known["crawls_active"] == 2
    assert {crawl["label"] for crawl in known["active_crawls"]} == {"https://done.example/", "https://busy.example/"}
    assert set(known["active_crawls"][0]) == {"label", "status", "started"}
    assert known["collection"] == {"snapshots": 2, "bytes": 100}
    assert known["open"] == 1
    [part] = known["parts"]
    assert part["id"] == str(snapshot.pk)
    assert part["open"] is True
    assert "busy.example" in part["html"]
    assert staff.get("/progress.json?page=0192f000-0000-7000-8000-000000000000").json()["parts"] == []
    assert staff.get("/progress.json?row=x").status_code == 400


def test_small_answers(client: Client, db: None) -> None:
    assert text(client.get("/robots.txt")) == "User-agent: *\nDisallow: /\n"
    icon = client.get("/favicon.ico")
    assert icon["Content-Type"] == "image/x-icon"
    assert icon.content.startswith(b"\0\0\1\0")
    missing = client.get("/no/such/page/")
    assert missing.status_code == 404
    assert "There is no such page" in text(missing)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_error_pages_need_nothing(status: int) -> None:
    assert f">{status}<" in render_to_string(f"{status}.html")


def test_an_error_in_a_page_is_a_page(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(listing, "archive_counts", broken)
    staff.raise_request_exception = False
    response = staff.get("/")
    assert response.status_code == 500
    assert "Pagekeep itself made an error" in text(response)
    assert "secret" not in text(response)
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_a_missing_slash_redirects_and_keeps_the_query(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot()
    assert staff.get(f"/{snapshot.archive_path}?output=dom")["Location"] == f"/{snapshot.archive_path}/?output=dom"


def test_an_ambiguous_reference_is_said_to_be_one(staff: Client, make_snapshot) -> None:
    make_snapshot()
    make_snapshot()
    response = staff.get("/snapshot/0/")
    assert response.status_code == 400
    assert "fits 2 snapshots" in text(response)


@pytest.mark.parametrize("path", ["/", "/snapshot/{}/", "/snapshot/{}/delete/", "/admin/archive/snapshot/"])
def test_no_page_shows_the_password_of_an_address(staff: Client, make_snapshot, path) -> None:
    snapshot = make_snapshot("https://me:s3cret@example.com/page", title="")
    page = text(staff.get(path.format(snapshot.pk)))
    assert "example.com" in page
    assert "s3cret" not in page
