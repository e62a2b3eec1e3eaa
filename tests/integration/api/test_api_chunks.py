import hashlib
import io
import os
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.errors import BadInput, Conflict
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.sweep_uploads import sweep_uploads
from pagekeep.services.upload_chunk import Chunk, upload_chunk
from pagekeep.services.upload_outputs import upload_outputs
from pagekeep.services.uploaded_result import Told
from pagekeep.services.wiring import data_dir, snapshot_files

ONE = "/api/v1/core/archiveresult/"
DATA = bytes(range(256)) * 10
PATH = "deep/video.bin"


@pytest.fixture(autouse=True)
def _no_uploads_of_other_tests() -> None:
    shutil.rmtree(data_dir().uploads, ignore_errors=True)


@pytest.fixture
def result(queued: list[str]) -> Iterator[ArchiveResult]:
    snapshot = Snapshot.objects.get(pk=queued[0])
    yield upload_outputs(snapshot.pk, "media", "extension", [], Told())
    snapshot_files(snapshot.pk).remove()


def send(api: Client, result: ArchiveResult, index: int, data: bytes = DATA, count: int = 4, **fields: Any) -> Any:
    size = len(data) // count
    end = len(data) if index == count - 1 else (index + 1) * size
    sent = io.BytesIO(data[index * size : end])
    sent.name = "blob"
    form = {
        "chunk_output_path": PATH,
        "chunk_index": index,
        "chunk_count": count,
        "chunk_offset": index * size,
        "chunk_total_size": len(data),
        "mime_type": "video/x-test",
        "files": sent,
        **fields,
    }
    return api.generic("PATCH", f"{ONE}{result.pk}", encode_multipart(BOUNDARY, form), MULTIPART_CONTENT)


def state(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()["output_files"][PATH]
    return found


def kept(result: ArchiveResult, path: str = PATH) -> bytes:
    return b"".join(snapshot_files(result.snapshot_id).open("media", path))


def parts_left() -> list[str]:
    return [path.name for path in data_dir().uploads.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_file_in_parts(api: Client, result: ArchiveResult) -> None:
    for index in range(3):
        response = send(api, result, index, status="succeeded")
        assert state(response) == {
            "size": len(DATA),
            "mimetype": "video/x-test",
            "extension": "bin",
            "sha256": None,
            "upload": {
                "complete": False,
                "received": 640 * (index + 1),
                "next_chunk_index": index + 1,
                "chunk_count": 4,
            },
        }
        assert response.json()["status"] == "started"
        assert response.json()["output_size"] == 0
        assert not snapshot_files(result.snapshot_id).files("media")
        assert api.get(f"{ONE}{result.pk}").json() == response.json()
    last = send(api, result, 3, status="succeeded")
    assert state(last) == {
        "size": len(DATA),
        "mimetype": "video/x-test",
        "extension": "bin",
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "upload": {"complete": True},
    }
    assert (last.json()["status"], last.json()["output_size"]) == ("succeeded", len(DATA))
    assert kept(result) == DATA
    manifest = snapshot_files(result.snapshot_id).read_manifest()
    assert [file.path for file in manifest.results[0].files] == [PATH]
    assert not parts_left()
    assert not list(data_dir().uploads.iterdir())


@pytest.mark.django_db
def test_repeated_parts_change_nothing_and_wrong_ones_name_the_right_one(api: Client, result: ArchiveResult) -> None:
    early = send(api, result, 1)
    assert early.status_code == 409
    assert "chunk_index=0 at chunk_offset=0" in early.json()["errors"][0]
    send(api, result, 0)
    assert state(send(api, result, 0))["upload"]["received"] == 640
    send(api, result, 1)
    assert state(send(api, result, 0))["upload"]["received"] == 1280
    for fields in ({"chunk_offset": 1279}, {"chunk_offset": 1281}, {"chunk_index": 1}):
        wrong = send(api, result, 2, **fields)
        assert wrong.status_code == 409
        assert "chunk_index=2 at chunk_offset=1280" in wrong.json()["errors"][0]
    other = send(api, result, 1, DATA[::-1])
    assert other.status_code == 409
    assert send(api, result, 2, chunk_total_size=len(DATA) + 1).status_code == 409
    assert send(api, result, 2, chunk_count=5).status_code == 409
    send(api, result, 2)
    assert state(send(api, result, 3))["upload"] == {"complete": True}
    for index in range(4):
        assert state(send(api, result, index))["upload"] == {"complete": True}
    assert send(api, result, 0, DATA[::-1]).status_code == 409
    assert kept(result) == DATA


@pytest.mark.django_db
def test_another_first_part_begins_anew(api: Client, result: ArchiveResult) -> None:
    send(api, result, 0)
    send(api, result, 1)
    assert state(send(api, result, 0, DATA[::-1]))["upload"]["received"] == 640
    for index in range(1, 4):
        send(api, result, index, DATA[::-1])
    assert kept(result) == DATA[::-1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"chunk_index": -1},
        {"chunk_index": 4},
        {"chunk_index": "x"},
        {"chunk_index": ""},
        {"chunk_count": 0},
        {"chunk_count": 1},
        {"chunk_count": len(DATA) + 1},
        {"chunk_count": "9" * 30},
        {"chunk_offset": -1},
        {"chunk_offset": len(DATA)},
        {"chunk_total_size": 10},
        {"chunk_total_size": 640},
        {"chunk_total_size": -1},
        {"chunk_total_size": "9" * 30},
        {"mime_type": "none"},
        {"chunk_output_path": "../x"},
    ],
)
def test_parts_that_make_no_sense(api: Client, result: ArchiveResult, fields: dict[str, Any]) -> None:
    response = send(api, result, 0, **fields)
    expected = {"chunk_offset": 409} if fields == {"chunk_offset": len(DATA)} else {}  # a wrong offset
    expected |= {"chunk_total_size": 413} if fields == {"chunk_total_size": "9" * 30} else {}
    assert response.status_code == expected.get(next(iter(fields)), 400)
    assert not parts_left()
    assert api.get("/api/v1/core/archiveresults").status_code == 200


@pytest.mark.django_db
def test_a_part_needs_its_file(api: Client, result: ArchiveResult) -> None:
    fields = {"chunk_output_path": "a", "chunk_index": 0, "chunk_count": 1, "chunk_offset": 0, "chunk_total_size": 0}
    response = api.patch(f"{ONE}{result.pk}", fields, content_type="application/json")
    assert response.status_code == 400
    assert "multipart" in response.json()["errors"][0]
    assert (
        api.patch(f"{ONE}{result.pk}", {"chunk_output_path": "a"}, content_type="application/json").status_code == 400
    )
    empty = send(api, result, 0, b"", 1)
    assert state(empty)["size"] == 0
    assert kept(result) == b""


@pytest.mark.django_db
def test_bytes_written_before_a_kill_and_not_noted_are_written_anew(api: Client, result: ArchiveResult) -> None:
    send(api, result, 0)
    (part,) = [path for path in data_dir().uploads.rglob("*") if path.is_file()]
    with part.open("ab") as file:
        file.write(b"half a part")
    for index in (1, 2, 3):
        send(api, result, index)
    assert kept(result) == DATA


@pytest.mark.django_db
def test_a_kill_between_keeping_and_noting_the_whole_is_made_up_for(
    api: Client, result: ArchiveResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(3):
        send(api, result, index)
    with monkeypatch.context() as patched:
        patched.setattr("pagekeep.services.upload_chunk.snapshot_files", _broken)
        assert send(api, result, 3).status_code == 503
    assert state(api.get(f"{ONE}{result.pk}"))["upload"]["received"] == len(DATA)
    assert state(send(api, result, 3))["upload"] == {"complete": True}
    assert kept(result) == DATA
    assert not parts_left()


def _broken(*_: object) -> None:
    raise RuntimeError("killed")


@pytest.mark.django_db
def test_parts_that_are_lost_are_told(api: Client, result: ArchiveResult) -> None:
    send(api, result, 0)
    for path in data_dir().uploads.rglob("*"):
        if path.is_file():
            path.unlink()
    response = send(api, result, 1)
    assert response.status_code == 409
    assert "first part" in response.json()["errors"][0]
    for index in range(4):
        response = send(api, result, index)
    assert state(response)["upload"] == {"complete": True}


@pytest.mark.django_db
def test_abandoned_uploads_are_given_up_after_a_day(api: Client, result: ArchiveResult) -> None:
    send(api, result, 0)
    assert sweep_uploads() == 0
    a_day_ago = time.time() - 24 * 3600 - 1
    for path in (data_dir().uploads / str(result.pk), *data_dir().uploads.rglob("*")):
        os.utime(path, (a_day_ago, a_day_ago))
    assert sweep_uploads() == 1
    item = api.get(f"{ONE}{result.pk}").json()
    assert (item["status"], item["output_files"]) == ("failed", {})
    assert "within a day" in item["output_str"]
    assert not list(data_dir().uploads.iterdir())
    for index in range(4):
        response = send(api, result, index)
    again = response.json()
    assert (again["status"], again["output_str"], state(response)["upload"]) == ("succeeded", PATH, {"complete": True})


@pytest.mark.django_db
def test_a_result_that_is_only_announced_is_given_up_too(api: Client, result: ArchiveResult) -> None:
    assert result.status == "started"
    folder = data_dir().uploads / str(result.pk)
    os.utime(folder, (0, 0))
    assert sweep_uploads() == 1
    result.refresh_from_db()
    assert result.status == "failed"
    assert not folder.exists()


@pytest.mark.django_db(transaction=True)
def test_parts_sent_at_once_are_taken_one_after_another(keeper: User) -> None:
    snapshot = add_urls(["https://example.com/"], user=keeper).snapshots[0]
    result = upload_outputs(snapshot.pk, "media", "extension", [], Told())
    token = issue_token(keeper)[1]
    data = os.urandom(400_000)
    answers: list[int] = []

    def client() -> None:
        api = Client(SERVER_NAME="localhost", headers={"X-ArchiveBox-API-Key": token}, raise_request_exception=False)
        try:
            for index in range(4):
                while (status := send(api, result, index, data).status_code) == 409:
                    pass
                answers.append(status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        assert answers == [200] * 16
        assert kept(result) == data
        assert not parts_left()
    finally:
        snapshot_files(snapshot.pk).remove()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data(), content=st.binary(max_size=60), count=st.integers(1, 5))
@pytest.mark.django_db
def test_any_order_of_parts_keeps_the_file_or_nothing(
    result: ArchiveResult, data: st.DataObject, content: bytes, count: int
) -> None:
    count = min(count, max(len(content), 1))
    cuts = sorted(data.draw(st.lists(st.integers(1, max(len(content) - 1, 1)), unique=True, max_size=count - 1)))
    cuts = [cut for cut in cuts if cut < len(content)]
    bounds = list(zip([0, *cuts], [*cuts, len(content)], strict=True))
    path = f"{hashlib.sha256(content).hexdigest()}-{len(bounds)}-{ArchiveResult.objects.get(pk=result.pk).output_size}"
    order = data.draw(st.lists(st.integers(0, len(bounds) - 1), max_size=8)) + list(range(len(bounds)))
    next_one = 0
    for index in order:
        start, end = bounds[index]
        part = content[start:end]
        chunk = Chunk(path, index, len(bounds), start, len(content), "text/plain", len(part), lambda part=part: [part])  # type: ignore[misc]
        try:
            upload_chunk(result.pk, chunk, Told())
            assert index <= next_one
            next_one = max(next_one, index + 1)
        except Conflict:
            assert index > next_one
        row = ArchiveResult.objects.get(pk=result.pk)
        assert (path in row.output_files) == (next_one == len(bounds))
    assert kept(result, path) == content
    assert path not in (ArchiveResult.objects.get(pk=result.pk).uploads or {})


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=40) | st.lists(st.sampled_from(["..", ".", "", "a", "B", "\0", "ä"])).map("/".join))
@pytest.mark.django_db
def test_any_path_stays_inside_or_is_refused(result: ArchiveResult, path: str) -> None:
    chunk = Chunk(path, 0, 1, 0, 1, "text/plain", 1, lambda: [b"x"])
    try:
        upload_chunk(result.pk, chunk, Told())
    except (BadInput, Conflict):
        return
    folder = (snapshot_files(result.snapshot_id).folder / "media").resolve()
    assert folder in (folder / path).resolve().parents
    assert (folder / path).read_bytes() == b"x"


@pytest.mark.parametrize("offset", [0, 639, 641, 2000])
def test_a_wrong_offset_is_a_conflict_wherever_it_leads(api: Client, result: ArchiveResult, offset: int) -> None:
    state(send(api, result, 0))
    refused = send(api, result, 1, chunk_offset=offset)
    assert refused.status_code == 409
    assert "chunk_offset=640" in refused.json()["errors"][0]
