import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from pagekeep.api.schemas.results import ArchiveResultSchema
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.config.load import settings as own_settings
from pagekeep.domain.status import ResultStatus
from pagekeep.services.wiring import data_dir, snapshot_files

LIST = "/api/v1/core/archiveresults"
ONE = "/api/v1/core/archiveresult/"
HTML = b"<!doctype html><script>fetch('/api/v1/core/snapshots')</script>"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_uploads_of_other_tests() -> None:
    shutil.rmtree(data_dir().uploads, ignore_errors=True)


@pytest.fixture
def snapshot(queued: list[str]) -> Iterator[Snapshot]:
    found = Snapshot.objects.get(pk=queued[0])
    yield found
    snapshot_files(found.pk).remove()


def file(data: bytes, name: str = "file.bin", content_type: str = "") -> io.BytesIO:
    sent = io.BytesIO(data)
    sent.name = name
    if content_type:
        sent.content_type = content_type  # type: ignore[attr-defined]
    return sent


def upload(api: Client, snapshot: Snapshot, **fields: Any) -> Any:
    return api.post(LIST, {"snapshot_id": str(snapshot.pk), "plugin": "notes", **fields})


def patch(api: Client, result_id: str, **fields: Any) -> Any:
    return api.generic("PATCH", f"{ONE}{result_id}", encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT)


def content(snapshot: Snapshot, path: str, plugin: str = "notes") -> bytes:
    return b"".join(snapshot_files(snapshot.pk).open(plugin, path))


def nothing_left_over() -> bool:
    left = [*data_dir().temp.iterdir(), *data_dir().snapshots_temp.iterdir()]
    return not left and not (data_dir().uploads.exists() and list(data_dir().uploads.iterdir()))


def test_files_are_kept_hashed_listed_and_summed(api: Client, snapshot: Snapshot) -> None:
    response = upload(
        api,
        snapshot,
        hook_name="extension",
        output_str="A page and a picture",
        output_json='{"from": "extension"}',
        status="succeeded",
        files=[file(HTML), file(b"\x89PNG", "b.png")],
        output_paths=["deep/page.html", "Bild ä.png"],
        mime_types=["text/html; charset=utf-8", "image/png"],
    )
    assert response.status_code == 200, response.content
    item = response.json()
    ArchiveResultSchema.model_validate(item)
    assert item == api.get(f"{ONE}{item['id']}").json()
    assert (item["plugin"], item["hook_name"], item["status"]) == ("notes", "extension", "succeeded")
    assert (item["output_str"], item["output_json"]) == ("A page and a picture", {"from": "extension"})
    assert item["output_files"] == {
        "deep/page.html": {
            "size": len(HTML),
            "mimetype": "text/html; charset=utf-8",
            "extension": "html",
            "sha256": hashlib.sha256(HTML).hexdigest(),
            "upload": {"complete": True},
        },
        "Bild ä.png": {
            "size": 4,
            "mimetype": "image/png",
            "extension": "png",
            "sha256": hashlib.sha256(b"\x89PNG").hexdigest(),
            "upload": {"complete": True},
        },
    }
    assert (item["output_size"], item["output_mimetypes"]) == (len(HTML) + 4, "text/html,image/png")
    assert item["start_ts"]
    assert item["end_ts"]
    assert content(snapshot, "deep/page.html") == HTML
    whole = api.get(f"/api/v1/core/snapshot/{snapshot.pk}").json()
    assert (whole["num_archiveresults"], whole["output_size"]) == (1, len(HTML) + 4)
    (written,) = snapshot_files(snapshot.pk).read_manifest().results
    assert (written.plugin, written.hook_name, len(written.files)) == ("notes", "extension", 2)
    assert nothing_left_over()


def test_an_upsert_appends_and_changes_what_is_told(api: Client, snapshot: Snapshot) -> None:
    first = upload(api, snapshot, files=[file(b"one")], output_paths=["1.txt"]).json()
    assert (first["status"], first["output_str"]) == ("succeeded", "1.txt")
    second = upload(api, snapshot, files=[file(b"two")], output_paths=["2.txt"], output_str="Two files").json()
    assert second["id"] == first["id"]
    assert list(second["output_files"]) == ["1.txt", "2.txt"]
    assert second["output_str"] == "Two files"
    third = patch(api, first["id"], files=[file(b"three")], output_paths=["3.txt"], status="failed").json()
    assert (list(third["output_files"]), third["status"]) == (["1.txt", "2.txt", "3.txt"], "failed")
    other = upload(api, snapshot, hook_name="other", files=[file(b"one")], output_paths=["1.txt"]).json()
    assert other["id"] != first["id"]
    assert Snapshot.objects.get(pk=snapshot.pk).num_results == 2


def test_without_files_a_form_and_json_do_the_same(api: Client, snapshot: Snapshot) -> None:
    fields = {"snapshot_id": snapshot.timestamp, "plugin": "notes", "output_str": "Größe & mehr", "status": "noresults"}
    as_json = api.post(LIST, json.dumps(fields | {"output_json": {"a": 1}}), content_type="application/json").json()
    as_form = api.post(
        LIST,
        "snapshot_id=" + str(snapshot.pk) + "&plugin=notes&output_str=Gr%C3%B6%C3%9Fe+%26+mehr&status=noresults"
        "&output_json=%7B%22a%22%3A1%7D",
        content_type="application/x-www-form-urlencoded",
    ).json()
    like_curl = api.post(LIST, json.dumps(fields), content_type="application/x-www-form-urlencoded").json()
    for item in (as_json, as_form, like_curl):
        assert item["id"] == as_json["id"]
        assert (item["status"], item["output_str"], item["output_json"]) == ("noresults", "Größe & mehr", {"a": 1})
    for body, kind in (('{"status": "succeeded"}', "application/json"), ("status=succeeded", "text/plain")):
        response = api.generic("PATCH", f"{ONE}{as_json['id']}", body, kind)
        assert response.status_code == (200 if body[0] == "{" else 400)
    form = api.generic("PATCH", f"{ONE}{as_json['id']}", "status=skipped", "application/x-www-form-urlencoded")
    assert form.json()["status"] == "skipped"


def test_unknown_fields_are_told_and_paths_default_to_the_files_own_names(api: Client, snapshot: Snapshot) -> None:
    response = upload(api, snapshot, colour="red", files=[file(b"x", "../../etc/a b.txt")])
    assert response.headers["X-ArchiveBox-Stderr"] == "Unknown and without effect: colour."
    assert list(response.json()["output_files"]) == ["a b.txt"]
    again = upload(api, snapshot, files=[file(b"1"), file(b"2")], output_paths='["1.css", "2.js"]').json()
    assert again["output_files"]["1.css"]["mimetype"] == "text/css"


def test_kept_bytes_are_never_replaced(api: Client, snapshot: Snapshot) -> None:
    first = upload(api, snapshot, files=[file(b"one")], output_paths=["a.txt"]).json()
    same = upload(api, snapshot, hook_name="b", files=[file(b"one"), file(b"new")], output_paths=["a.txt", "b.txt"])
    assert same.status_code == 200
    other = upload(api, snapshot, hook_name="c", files=[file(b"x"), file(b"two")], output_paths=["c.txt", "a.txt"])
    assert other.status_code == 409
    assert "a.txt" in other.json()["errors"][0]
    assert content(snapshot, "a.txt") == b"one"
    assert "c.txt" not in {kept.path for kept in snapshot_files(snapshot.pk).files("notes")}
    assert not ArchiveResult.objects.filter(hook_name="c").exists()
    assert patch(api, first["id"], files=[file(b"two")], output_paths=["a.txt"]).status_code == 409
    assert nothing_left_over()


@pytest.mark.parametrize(
    "path",
    ["../up", "/etc/passwd", "a/../b", "a\0b", "a\nb", "", ".", "a//b", "a\\b", "x" * 256, "a/" * 40 + "b",
     ".files.jsonl", "a/.FILES.jsonl", "x.PACK.json", "taken.TXT", "TAKEN.txt", "taken.txt/below"],
)  # fmt: skip
def test_paths_that_are_refused(api: Client, snapshot: Snapshot, path: str) -> None:
    result = upload(api, snapshot, files=[file(b"kept")], output_paths=["taken.txt"]).json()
    fields = {"files": [file(b"evil")], "output_paths": json.dumps([path])}
    assert upload(api, snapshot, hook_name="x", **fields).status_code == 400
    chunk = {"chunk_index": 0, "chunk_count": 1, "chunk_offset": 0, "chunk_total_size": 4, "files": [file(b"evil")]}
    if path:
        assert patch(api, result["id"], chunk_output_path=path, **chunk).status_code == 400
    assert content(snapshot, "taken.txt") == b"kept"
    folder = snapshot_files(snapshot.pk).folder
    assert {found.name for found in folder.rglob("*") if found.is_file()} == {
        "taken.txt",
        ".files.jsonl",
        "manifest.json",
    }


@pytest.mark.parametrize(
    "plugin",
    ["", "..", ".", ".hidden", "a/b", "/a", "a\\b", "a\0", "Notes", "manifest.json", "MANIFEST.JSON", "x" * 65,
     "ä", "a b"],
)  # fmt: skip
def test_plugins_that_are_refused(api: Client, snapshot: Snapshot, plugin: str) -> None:
    response = upload(api, snapshot, plugin=plugin, files=[file(b"x")], output_paths=["a"])
    assert response.status_code == 400
    assert not snapshot_files(snapshot.pk).plugins()
    assert not ArchiveResult.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"status": "done"}, 400, "allowed are"),
        ({"output_json": "[1]"}, 400, "output_json"),
        ({"output_json": "{"}, 400, "no valid JSON"),
        ({"hook_name": "x" * 129}, 400, "hook_name"),
        ({"hook_name": "a\nb"}, 400, "hook_name"),
        ({"snapshot_id": "ffff"}, 404, "There is no snapshot"),
        ({"snapshot_id": ""}, 404, "There is no snapshot"),
        ({"files": [file(b"1")], "output_paths": ["a", "b"]}, 400, "output_paths"),
        ({"files": [file(b"1")], "output_paths": ["a"], "mime_types": ["text/html\r\nX: y"]}, 400, "media type"),
        ({"files": [file(b"1")], "output_paths": ["a"], "mime_types": ["multipart/x-mixed-replace"]}, 400, "parts"),
        ({"files": [file(b"1")], "output_paths": ["a"], "mime_types": ["html"]}, 400, "media type"),
        ({"files": [file(b"1"), file(b"2")], "output_paths": ["a", "A"]}, 400, "path of its own"),
        ({"files": [file(b"1"), file(b"2")], "output_paths": ["a/b", "A"]}, 400, "folder"),
        ({"files": [file(b"") for _ in range(101)]}, 400, ""),
    ],
)
def test_bad_uploads(api: Client, snapshot: Snapshot, fields: dict[str, Any], status: int, says: str) -> None:
    for sent in fields.get("files", ()):
        sent.seek(0)
    response = upload(api, snapshot, **fields)
    assert response.status_code == status
    assert says in response.json()["errors"][0]
    assert not ArchiveResult.objects.exists()
    assert not snapshot_files(snapshot.pk).plugins()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("nonsense", MULTIPART_CONTENT),
        ("", "multipart/form-data"),
        ("", MULTIPART_CONTENT),
        (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=", MULTIPART_CONTENT),
        ("", "application/x-www-form-urlencoded"),
        ("%FF=%FF&plugin=%00", "application/x-www-form-urlencoded"),
        ("[1]", "application/json"),
        ("\xff", "application/octet-stream"),
    ],
)
def test_broken_bodies(api: Client, snapshot: Snapshot, body: str, kind: str) -> None:
    assert api.generic("POST", LIST, body, kind).status_code == 400
    assert not ArchiveResult.objects.exists()


def test_sizes_are_limited_by_the_setting(api: Client, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    result = upload(api, snapshot, output_str="x").json()
    small = own_settings().model_copy(update={"max_upload_size": 10})
    for module in ("pagekeep.api.forms", "pagekeep.services.uploaded_result"):
        monkeypatch.setattr(f"{module}.settings", lambda: small)
    responses = [
        upload(api, snapshot, files=[file(b"x" * 11)], output_paths=["a"]),
        upload(api, snapshot, files=[file(b"x" * 6_000_000)], output_paths=["a"]),
        patch(api, result["id"], chunk_output_path="a", chunk_index=0, chunk_count=2, chunk_offset=0,
              chunk_total_size=11, files=[file(b"x" * 5)]),
    ]  # fmt: skip
    for response in responses:
        assert response.status_code == 413
        assert "PAGEKEEP_MAX_UPLOAD_SIZE" in response.json()["errors"][0]
    assert upload(api, snapshot, files=[file(b"x" * 10)], output_paths=["a"]).status_code == 200


def test_a_large_file_leaves_nothing_behind(api: Client, snapshot: Snapshot) -> None:
    data = b"0123456789abcdef" * 400_000  # larger than what stays in memory
    response = upload(api, snapshot, files=[file(data)], output_paths=["large.bin"])
    assert response.status_code == 200
    assert content(snapshot, "large.bin") == data
    assert nothing_left_over()


def test_uploads_are_served_as_hostile_content(api: Client, snapshot: Snapshot, keeper: User, client: Client) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(document.cookie)</script></svg>"
    upload(api, snapshot, files=[file(HTML), file(svg)], output_paths=["a.html", "b.svg"],
           mime_types=["text/html", "image/svg+xml"])  # fmt: skip
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(keeper)
    for name, kind, data in (("a.html", "text/html", HTML), ("b.svg", "image/svg+xml", svg)):
        response = browser.get(f"/snapshot/{snapshot.pk}/notes/{name}")
        assert b"".join(response.streaming_content) == data  # type: ignore[attr-defined]
        assert response.headers["Content-Type"] == kind
        policy = response.headers["Content-Security-Policy"]
        assert "sandbox allow-scripts" in policy
        assert "allow-same-origin" not in policy
        assert "connect-src 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        as_code = browser.get(f"/snapshot/{snapshot.pk}/notes/{name}", headers={"Sec-Fetch-Dest": "serviceworker"})
        assert as_code.status_code == 403


def test_what_stays_as_it_is(api: Client, snapshot: Snapshot, queued: list[str]) -> None:
    result = upload(api, snapshot, output_str="x").json()
    assert patch(api, result["id"], snapshot_id=queued[1]).status_code == 400
    assert patch(api, result["id"], plugin="other").status_code == 400
    assert patch(api, result["id"], hook_name="other").status_code == 400
    assert patch(api, result["id"], snapshot_id=queued[0], plugin="notes", hook_name="").status_code == 200
    assert patch(api, "ffff", status="failed").status_code == 404


def test_a_captured_result_can_be_added_to_but_not_while_it_is_made(api: Client, snapshot: Snapshot) -> None:
    row = ArchiveResult.objects.create(
        snapshot=snapshot, plugin="title", status=ResultStatus.QUEUED, created_at=snapshot.created_at
    )
    columns = {"status": "started", "lease_owner": snapshot.pk, "retry_at": "2100-01-01T00:00Z"}
    Snapshot.objects.filter(pk=snapshot.pk).update(**columns)
    busy = upload(api, snapshot, plugin="title", files=[file(b"t")], output_paths=["title.txt"])
    assert busy.status_code == 409
    assert "hook_name" in busy.json()["errors"][0]
    assert patch(api, str(row.pk), output_str="x").status_code == 409
    own = upload(api, snapshot, plugin="title", hook_name="extension", files=[file(b"t")], output_paths=["own.txt"])
    assert own.status_code == 200
    Snapshot.objects.filter(pk=snapshot.pk).update(status="succeeded", lease_owner=None, retry_at=None)
    row.status, row.output_str = ResultStatus.SUCCEEDED, "A title"
    row.save()
    added = upload(api, snapshot, plugin="title", files=[file(b"t")], output_paths=["further.txt"]).json()
    assert (added["id"], added["output_str"], added["status"]) == (str(row.pk), "A title", "succeeded")


def test_a_snapshot_that_is_gone_keeps_no_files(api: Client, snapshot: Snapshot) -> None:
    upload(api, snapshot, files=[file(b"x")], output_paths=["a"])
    folder: Path = snapshot_files(snapshot.pk).folder
    assert api.delete(f"/api/v1/core/snapshot/{snapshot.pk}").status_code == 200
    assert not folder.exists()
    assert upload(api, snapshot, files=[file(b"x")], output_paths=["a"]).status_code == 404
    assert not folder.exists()
    assert nothing_left_over()


@pytest.mark.parametrize("status", ["queued", "started", "backoff", "succeeded", "failed", "skipped", "noresults"])
def test_every_result_has_a_readable_line(api: Client, snapshot: Snapshot, status: str) -> None:
    assert upload(api, snapshot, status=status).json()["output_str"] == f"Uploaded as {status}."
    assert upload(api, snapshot, status=status, output_str="  ").json()["output_str"] == f"Uploaded as {status}."
    told = upload(api, snapshot, status=status, output_str="Two remarks").json()
    assert told["output_str"] == "Two remarks"


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a")])
def test_a_file_where_a_folder_is_names_no_place_on_the_server(
    api: Client, snapshot: Snapshot, first: str, second: str
) -> None:
    assert upload(api, snapshot, files=[file(b"one")], output_paths=[first]).status_code == 200
    refused = upload(api, snapshot, files=[file(b"two")], output_paths=[second])
    assert refused.status_code in (400, 409)
    assert str(data_dir().root) not in refused.content.decode()
