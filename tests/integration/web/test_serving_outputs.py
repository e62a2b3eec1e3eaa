import io
import zipfile

import pytest
from django.test import Client

from pagekeep.services.wiring import snapshot_files

HTML = b"<!doctype html><script>document.title='ran'</script>"
FILES = {
    "singlefile/singlefile.html": (HTML, "text/html; charset=utf-8"),
    "htmltotext/htmltotext.txt": ("grün".encode(), "text/plain; charset=utf-8"),
    'uploads/a b/naïve "q" #1?.txt': (b"0123456789", "text/plain"),
}


@pytest.fixture
def snapshot(make_snapshot):
    return make_snapshot(files=FILES)


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_bytes_type_and_seal(staff: Client, snapshot) -> None:
    response = staff.get(f"/snapshot/{snapshot.pk}/singlefile/singlefile.html")
    assert response.status_code == 200
    assert body(response) == HTML
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Content-Length"] == str(len(HTML))
    policy = response["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Content-Disposition"] == 'inline; filename="singlefile.html"'
    assert not response.cookies


@pytest.mark.parametrize("reference", ["{0.pk}", "{0.pk.hex}", "{0.timestamp}"])
def test_a_snapshot_has_several_names(staff: Client, snapshot, reference: str) -> None:
    path = f"/snapshot/{reference.format(snapshot)}/htmltotext/htmltotext.txt"
    assert body(staff.get(path)).decode() == "grün"


def test_a_hostile_file_name_is_served_and_named_safely(staff: Client, snapshot) -> None:
    response = staff.get(f"/snapshot/{snapshot.pk}/uploads/a%20b/na%C3%AFve%20%22q%22%20%231%3F.txt?download=1")
    assert body(response) == b"0123456789"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''na%C3%AFve%20%22q%22%20%231%3F.txt"


def test_conditions(staff: Client, snapshot) -> None:
    path = f"/snapshot/{snapshot.pk}/singlefile/singlefile.html"
    etag = staff.get(path)["ETag"]
    sha256 = snapshot_files(snapshot.pk).open("singlefile", "singlefile.html").sha256
    assert etag == f'"{sha256}"'
    for tags in (etag, f'"x", W/{etag}', "*"):
        unchanged = staff.get(path, headers={"if-none-match": tags})
        assert unchanged.status_code == 304
        assert body(unchanged) == b""
        assert unchanged["ETag"] == etag
        assert "sandbox" in unchanged["Content-Security-Policy"]
    assert staff.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    assert staff.get(path, headers={"if-match": '"other"'}).status_code == 412
    assert staff.get(path, headers={"if-match": etag}).status_code == 200


def test_an_address_that_names_the_bytes_is_kept_for_good(staff: Client, snapshot) -> None:
    path = f"/snapshot/{snapshot.pk}/singlefile/singlefile.html"
    sha256 = staff.get(path)["ETag"].strip('"')
    assert staff.get(path)["Cache-Control"] == "private, no-cache"
    assert staff.get(f"{path}?v={sha256[:16]}")["Cache-Control"] == "private, max-age=31536000, immutable"
    assert staff.get(f"{path}?v={'0' * 16}")["Cache-Control"] == "private, no-cache"
    assert staff.get(f"{path}?v=")["Cache-Control"] == "private, no-cache"


def test_ranges(staff: Client, snapshot) -> None:
    path = f"/snapshot/{snapshot.pk}/uploads/a%20b/na%C3%AFve%20%22q%22%20%231%3F.txt"
    part = staff.get(path, headers={"range": "bytes=2-4"})
    assert (part.status_code, body(part)) == (206, b"234")
    assert part["Content-Range"] == "bytes 2-4/10"
    assert part["Content-Length"] == "3"
    beyond = staff.get(path, headers={"range": "bytes=10-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, "bytes */10")
    many = staff.get(path, headers={"range": "bytes=0-1,3-4"})
    assert (many.status_code, body(many)) == (200, b"0123456789")
    stale = staff.get(path, headers={"range": "bytes=2-4", "if-range": '"other"'})
    assert (stale.status_code, body(stale)) == (200, b"0123456789")
    fresh = staff.get(path, headers={"range": "bytes=2-4", "if-range": part["ETag"]})
    assert fresh.status_code == 206


def test_head_says_what_get_would(staff: Client, snapshot) -> None:
    path = f"/snapshot/{snapshot.pk}/singlefile/singlefile.html"
    head, get = staff.head(path), staff.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges", "Content-Security-Policy"):
        assert head[header] == get[header]


@pytest.mark.parametrize(
    "path",
    [
        "singlefile/missing.html",
        "nothing/x.html",
        "singlefile/.files.jsonl",
        "singlefile/../htmltotext/htmltotext.txt",
        "../../../../pagekeep.sqlite3",
        "singlefile/%2e%2e/%2e%2e/manifest.json",
        "singlefile/..%2f..%2fmanifest.json",
        "./singlefile/singlefile.html",
        "singlefile//etc/passwd",
        "singlefile/%00",
        "singlefile/a%5cb",
        "singlefile/" + "x" * 5000,
    ],
)
def test_what_is_not_kept_is_not_found(staff: Client, snapshot, path: str) -> None:
    assert staff.get(f"/snapshot/{snapshot.pk}/{path}").status_code == 404


def test_an_unknown_snapshot_is_not_found(staff: Client, snapshot) -> None:
    assert staff.get("/snapshot/0192f000-0000-7000-8000-000000000000/dom/output.html").status_code == 404
    assert staff.get("/snapshot/zz/dom/output.html").status_code == 404


@pytest.mark.parametrize("use", ["script", "style", "serviceworker", "worker"])
def test_archived_bytes_are_never_code_of_a_page(staff: Client, snapshot, use: str) -> None:
    response = staff.get(f"/snapshot/{snapshot.pk}/htmltotext/htmltotext.txt", headers={"sec-fetch-dest": use})
    assert response.status_code == 403


def test_files_at_the_root_of_the_snapshot(staff: Client, snapshot) -> None:
    assert body(staff.get(f"/snapshot/{snapshot.pk}/singlefile.html")) == HTML
    assert body(staff.get(f"/snapshot/{snapshot.pk}/htmltotext.txt")).decode() == "grün"
    assert staff.get(f"/snapshot/{snapshot.pk}/headers.json").status_code == 404
    assert staff.get(f"/snapshot/{snapshot.pk}/singlefilexhtml").status_code in (301, 404)


def test_the_whole_snapshot_as_zip(staff: Client, snapshot) -> None:
    response = staff.get(f"/snapshot/{snapshot.pk}.zip")
    data = body(response)
    assert response["Content-Length"] == str(len(data))
    assert response["Content-Disposition"].startswith('attachment; filename="pagekeep-example.com-')
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read("singlefile/singlefile.html") == HTML


def test_a_packed_file_is_streamed_from_its_recipe(staff: Client, snapshot) -> None:
    files = snapshot_files(snapshot.pk)
    member = files.save("warc", "data.warc.gz", b"warc bytes", "application/warc")
    packed = files.pack("wacz", "archive.wacz", [("archive/data.warc.gz", "warc", member)], "application/wacz+zip")
    response = staff.get(f"/snapshot/{snapshot.pk}/wacz/archive.wacz")
    data = body(response)
    assert len(data) == packed.size == int(response["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("archive/data.warc.gz") == b"warc bytes"
    assert body(staff.get(response.request["PATH_INFO"], headers={"range": "bytes=0-3"})) == b"PK\3\4"


def test_damaged_bytes_are_said_to_be_damaged(staff: Client, snapshot) -> None:
    file = snapshot_files(snapshot.pk).folder / "singlefile" / "singlefile.html"
    file.unlink()
    file.write_bytes(b"short")
    response = staff.get(f"/snapshot/{snapshot.pk}/singlefile/singlefile.html")
    assert response.status_code in (404, 503)
    assert HTML not in response.content


@pytest.mark.parametrize("path", ["/singlefile/singlefile.html", "/singlefile.html", ".zip", "/"])
def test_strangers_are_sent_to_the_login(client: Client, snapshot, path: str) -> None:
    response = client.get(f"/snapshot/{snapshot.pk}{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=/snapshot/")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_files_are_only_read(staff: Client, snapshot, method: str) -> None:
    assert getattr(staff, method)(f"/snapshot/{snapshot.pk}/singlefile/singlefile.html").status_code == 405
