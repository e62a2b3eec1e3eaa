import hashlib
import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pagekeep.capture.protocols import Sink
from pagekeep.domain.errors import BadInput, Conflict, EnvironmentProblem, NotFound
from pagekeep.domain.ids import new_id
from pagekeep.domain.results import Result, StoredFile
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles

HTML = "text/html; charset=utf-8"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    return data_dir


@pytest.fixture
def files(data_dir: DataDir) -> SnapshotFiles:
    return SnapshotFiles(data_dir, new_id())


def content(files: SnapshotFiles, plugin: str, path: str) -> bytes:
    return b"".join(files.open(plugin, path))


def blobs_of(data_dir: DataDir) -> list[str]:
    return list(BlobStore(data_dir).digests())


def assert_no_leftovers(data_dir: DataDir) -> None:
    assert list(data_dir.temp.iterdir()) == []
    assert not data_dir.snapshots_temp.exists() or list(data_dir.snapshots_temp.iterdir()) == []


def test_it_is_the_sink_of_the_capture_engine(files: SnapshotFiles) -> None:
    sink: Sink = files
    stored = sink.save("dom", "output.html", [b"<p>", b"", b"hi"], HTML)
    assert stored == StoredFile("output.html", 5, hashlib.sha256(b"<p>hi").hexdigest(), HTML)


def test_a_saved_file_has_its_real_name_and_can_be_served_in_ranges(files: SnapshotFiles, data_dir: DataDir) -> None:
    data = os.urandom(700_000)
    stored = files.save("media", "deep/er/clip.mp4", data, "video/mp4")
    on_disk = files.folder / "media/deep/er/clip.mp4"
    assert on_disk.read_bytes() == data
    assert on_disk.samefile(BlobStore(data_dir).path(stored.sha256))
    kept = files.open("media", "deep/er/clip.mp4")
    assert (kept.size, kept.mimetype, kept.sha256) == (len(data), "video/mp4", stored.sha256)
    assert b"".join(kept) == data
    assert b"".join(kept.read_range(300_000, 290_000)) == data[300_000:590_000]
    assert b"".join(kept.read_range(699_999, 50)) == data[-1:]
    assert b"".join(kept.read_range(800_000, 1)) == b""
    assert_no_leftovers(data_dir)


@pytest.mark.parametrize(("plugin", "path"), [("..", "x"), ("a/b", "x"), ("a", "../x"), ("a", "/x"), ("a", "x\0")])
def test_names_that_leave_the_folder_are_refused_everywhere(files: SnapshotFiles, plugin: str, path: str) -> None:
    with pytest.raises(BadInput):
        files.save(plugin, path, b"", HTML)
    with pytest.raises(BadInput):
        files.pack(plugin, path, [], "application/zip")
    with pytest.raises(BadInput):
        files.open(plugin, path)
    assert not files.folder.exists()


def test_names_as_long_as_the_file_system_takes_are_kept(files: SnapshotFiles) -> None:
    name = "n" * 255
    files.save("dom", name, b"1", HTML)
    files.save("dom", name, b"2", HTML)
    assert content(files, "dom", name) == b"2"


def test_saving_again_replaces_and_frees_what_was_there(files: SnapshotFiles, data_dir: DataDir) -> None:
    files.save("title", "t.txt", b"old", "text/plain")
    files.save("title", "u.txt", b"other", "text/plain")
    new = files.save("title", "t.txt", b"new!", "text/html")
    assert content(files, "title", "t.txt") == b"new!"
    assert files.open("title", "t.txt").mimetype == "text/html"
    assert [file.path for file in files.files("title")] == ["t.txt", "u.txt"]
    assert files.files("title")[0] == new
    assert len(blobs_of(data_dir)) == 2
    files.save("title", "t.txt", b"new!", "text/html")
    assert content(files, "title", "t.txt") == b"new!"
    assert len(blobs_of(data_dir)) == 2
    assert_no_leftovers(data_dir)


def test_planted_links_are_never_followed(files: SnapshotFiles, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    files.save("dom", "a.html", b"a", HTML)
    (files.folder / "evil").symlink_to(outside)
    (files.folder / "dom" / "sub").symlink_to(outside)
    (files.folder / "dom" / "a.html").unlink()
    (files.folder / "dom" / "a.html").symlink_to(outside / "secret")
    for plugin, path in (("evil", "new"), ("dom", "sub/new")):
        with pytest.raises(BadInput, match="symbolic link"):
            files.save(plugin, path, b"x", HTML)
    for plugin, path in (("evil", "secret"), ("dom", "sub/secret"), ("dom", "a.html")):
        with pytest.raises(NotFound):
            files.open(plugin, path)
    assert files.plugins() == ["dom"]
    assert files.files("dom") == []
    assert files.files("evil") == []
    files.save("dom", "a.html", b"again", HTML)  # replaces the link itself
    assert content(files, "dom", "a.html") == b"again"
    files.drop("evil")
    files.remove()
    assert [child.name for child in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_planted_link_in_place_of_the_index_is_refused(files: SnapshotFiles, tmp_path: Path) -> None:
    files.save("dom", "a.html", b"a", HTML)
    index = files.folder / ".files.jsonl"
    index.rename(tmp_path / "elsewhere")
    index.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    with pytest.raises(BadInput, match="symbolic link"):
        files.save("dom", "b.html", b"b", HTML)
    assert files.files("dom") == []
    files.remove()
    assert (tmp_path / "elsewhere").read_bytes() == before


def test_a_file_and_a_folder_of_the_same_name_do_not_fit(files: SnapshotFiles, data_dir: DataDir) -> None:
    files.save("dom", "a", b"1", HTML)
    files.save("dom", "b/c", b"2", HTML)
    for path in ("a/x", "b"):
        with pytest.raises(BadInput, match="is taken"):
            files.save("dom", path, b"3", HTML)
    assert [file.path for file in files.files("dom")] == ["a", "b/c"]
    assert len(blobs_of(data_dir)) == 2


def test_a_line_cut_short_by_a_kill_spoils_no_other(files: SnapshotFiles) -> None:
    files.save("dom", "a", b"1", HTML)
    with (files.folder / ".files.jsonl").open("a") as index:
        index.write('{"plugin": "dom", "path": "half')
    files.save("dom", "b", b"2", HTML)
    assert [file.path for file in files.files("dom")] == ["a", "b"]


def test_after_a_kill_between_line_and_file_the_old_file_counts(files: SnapshotFiles, data_dir: DataDir) -> None:
    old = files.save("dom", "a", b"old", HTML)
    line = {
        "plugin": "dom",
        "path": "a",
        "size": 3,
        "sha256": hashlib.sha256(b"new").hexdigest(),
        "mimetype": HTML,
        "crc32": 0,
    }
    with (files.folder / ".files.jsonl").open("a") as index:
        index.write(json.dumps(line | {"packed": False}) + "\n")
        index.write(json.dumps(line | {"path": "never", "packed": False}) + "\n")
    assert files.files("dom") == [old]
    assert files.open("dom", "a").sha256 == old.sha256
    BlobStore(data_dir).path(old.sha256).unlink()  # without hard links there is no blob to compare with
    assert files.files("dom") == [old]


def test_a_file_that_was_cut_is_not_served_as_whole(files: SnapshotFiles) -> None:
    files.save("dom", "a", b"0123456789", HTML)
    kept = files.open("dom", "a")
    (files.folder / "dom" / "a").chmod(0o644)
    os.truncate(files.folder / "dom" / "a", 4)
    with pytest.raises(EnvironmentProblem, match="not what was recorded"):
        list(kept)
    with pytest.raises(EnvironmentProblem, match="size"):
        files.open("dom", "a")


def test_remove_frees_only_what_no_other_snapshot_has(files: SnapshotFiles, data_dir: DataDir) -> None:
    other = SnapshotFiles(data_dir, new_id())
    for target in (files, other):
        target.save("dom", "logo.png", b"shared", "image/png")
    files.save("dom", "a.html", b"mine", HTML)
    files.save("warc", "lock", b"named like a note of ours", HTML)
    files.remove()
    assert not files.folder.exists()
    assert blobs_of(data_dir) == [hashlib.sha256(b"shared").hexdigest()]
    assert content(other, "dom", "logo.png") == b"shared"
    files.remove()
    assert (files.plugins(), files.files("dom")) == ([], [])
    assert_no_leftovers(data_dir)


def test_drop_removes_one_plugin_before_it_tries_again(files: SnapshotFiles, data_dir: DataDir) -> None:
    files.save("pdf", "page.pdf", b"half", "application/pdf")
    files.save("dom", "a.html", b"whole", HTML)
    files.drop("pdf")
    files.drop("never-there")
    assert files.plugins() == ["dom"]
    assert len(blobs_of(data_dir)) == 1
    files.save("pdf", "page.pdf", b"good", "application/pdf")
    assert content(files, "pdf", "page.pdf") == b"good"


def test_a_removal_cut_short_is_finished_by_the_sweep(files: SnapshotFiles, data_dir: DataDir) -> None:
    files.save("dom", "a.html", b"a", HTML)
    files.save("pdf", "page.pdf", b"b", "application/pdf")
    killed = data_dir.snapshots_temp / "storage-killed"
    killed.mkdir(parents=True)
    files.folder.rename(killed / "removed")
    (killed / "removed" / "pdf" / "page.pdf").unlink()
    assert BlobStore(data_dir).sweep_temp() == 1
    assert blobs_of(data_dir) == []
    assert_no_leftovers(data_dir)


def packed_snapshot(files: SnapshotFiles) -> tuple[StoredFile, list[tuple[str, str, StoredFile]]]:
    warc = files.save("warc", "data.warc.gz", os.urandom(5000), "application/warc")
    pages = files.save("wacz", "pages.jsonl", b'{"id": 1}\n', "application/json")
    members = [("archive/data.warc.gz", "warc", warc), ("pages/pages.jsonl", "wacz", pages)]
    return files.pack("wacz", "archive.wacz", members, "application/wacz"), members


def test_a_packed_file_is_served_though_its_bytes_are_not_on_disk(files: SnapshotFiles, data_dir: DataDir) -> None:
    stored, members = packed_snapshot(files)
    assert sorted(child.name for child in (files.folder / "wacz").iterdir()) == [
        "archive.wacz.pack.json",
        "pages.jsonl",
    ]
    kept = files.open("wacz", "archive.wacz")
    whole = b"".join(kept)
    assert (len(whole), hashlib.sha256(whole).hexdigest()) == (stored.size, stored.sha256) == (kept.size, kept.sha256)
    assert b"".join(kept.read_range(40, 4000)) == whole[40:4040]
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [name for name, _, _ in members]
        assert opened.read("archive/data.warc.gz") == content(files, "warc", "data.warc.gz")
    assert [file.path for file in files.files("wacz")] == ["pages.jsonl", "archive.wacz"]
    assert files.pack("wacz", "archive.wacz", members, "application/wacz") == stored
    assert_no_leftovers(data_dir)


def test_packing_refuses_what_is_not_kept(files: SnapshotFiles) -> None:
    stored, members = packed_snapshot(files)
    name, plugin, warc = members[0]
    with pytest.raises(NotFound):
        files.pack("wacz", "x.zip", [(name, "dom", warc)], "application/zip")
    with pytest.raises(Conflict, match="replaced"):
        files.pack("wacz", "x.zip", [(name, plugin, StoredFile(warc.path, 1, "0" * 64, ""))], "application/zip")
    with pytest.raises(BadInput, match="packed itself"):
        files.pack("wacz", "x.zip", [("inner.wacz", "wacz", stored)], "application/zip")
    with pytest.raises(BadInput, match="twice"):
        files.pack("wacz", "x.zip", [members[0], members[0]], "application/zip")
    with pytest.raises(BadInput):
        files.pack("wacz", "x.zip", [("../evil", plugin, warc)], "application/zip")
    assert [file.path for file in files.files("wacz")] == ["pages.jsonl", "archive.wacz"]


def test_a_packed_file_whose_member_is_gone_is_not_served_wrong(files: SnapshotFiles) -> None:
    packed_snapshot(files)
    files.save("warc", "data.warc.gz", b"another visit", "application/warc")
    with pytest.raises(EnvironmentProblem, match="cannot be packed"):
        files.open("wacz", "archive.wacz")


def test_a_file_and_a_packed_file_replace_each_other(files: SnapshotFiles, data_dir: DataDir) -> None:
    stored, members = packed_snapshot(files)
    files.save("wacz", "archive.wacz", b"plain", "application/wacz")
    assert content(files, "wacz", "archive.wacz") == b"plain"
    assert not (files.folder / "wacz/archive.wacz.pack.json").exists()
    files.pack("wacz", "archive.wacz", members, "application/wacz")
    assert files.open("wacz", "archive.wacz").sha256 == stored.sha256
    assert not (files.folder / "wacz/archive.wacz").exists()
    assert len(blobs_of(data_dir)) == 2


def manifest_of(snapshot_id: UUID, files: SnapshotFiles) -> Manifest:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    results = [
        Result(plugin, ResultStatus.SUCCEEDED, plugin, now, now, tuple(files.files(plugin)))
        for plugin in files.plugins()
    ]
    return Manifest(snapshot_id, "https://example.com/", SnapshotStatus.SUCCEEDED, now, results=tuple(results))


def test_the_manifest_lists_the_members_of_packed_files(data_dir: DataDir) -> None:
    snapshot_id = new_id()
    files = SnapshotFiles(data_dir, snapshot_id)
    stored, _ = packed_snapshot(files)
    files.write_manifest(manifest_of(snapshot_id, files))
    known = files.read_manifest()
    assert [member.path for member in known.packed["wacz/archive.wacz"]] == ["warc/data.warc.gz", "wacz/pages.jsonl"]
    listed = json.loads((files.folder / "manifest.json").read_text())["results"][0]["files"][1]
    assert (listed["sha256"], len(listed["packed"])) == (stored.sha256, 2)
    assert_no_leftovers(data_dir)


def test_the_whole_snapshot_as_a_zip(data_dir: DataDir) -> None:
    snapshot_id = new_id()
    files = SnapshotFiles(data_dir, snapshot_id)
    packed_snapshot(files)
    files.save("dom", "über/页.html", b"<p>", HTML)
    without_manifest = files.zip_all()
    files.write_manifest(manifest_of(snapshot_id, files))
    whole = b"".join(files.zip_all())
    assert whole == b"".join(files.zip_all())
    assert len(whole) == files.zip_all().size > without_manifest.size
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [
            "manifest.json",
            "dom/über/页.html",
            "wacz/archive.wacz",
            "wacz/pages.jsonl",
            "warc/data.warc.gz",
        ]
        with zipfile.ZipFile(io.BytesIO(opened.read("wacz/archive.wacz"))) as inner:
            assert inner.testzip() is None


def test_without_hard_links_files_stand_alone(
    files: SnapshotFiles, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)  # as FAT does; no such file system is at hand in a test
    files.save("dom", "a.html", b"old", HTML)
    files.save("dom", "a.html", b"a", HTML)
    files.save("dom", "b.html", b"a", HTML)
    assert content(files, "dom", "a.html") == content(files, "dom", "b.html") == b"a"
    assert blobs_of(data_dir) == []
    files.remove()
    assert_no_leftovers(data_dir)


def test_snapshots_on_another_disk(tmp_path: Path) -> None:
    other_disk = Path("/dev/shm") / tmp_path.name / str(new_id())
    if not os.access("/dev/shm", os.W_OK) or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at hand")
    data_dir = DataDir(tmp_path)
    other_disk.mkdir(parents=True)
    data_dir.snapshots.symlink_to(other_disk)
    data_dir.prepare()
    files = SnapshotFiles(data_dir, new_id())
    try:
        for data in (b"old", b"a" * 600_000):
            files.save("dom", "a.html", data, HTML)
        packed_snapshot(files)
        assert content(files, "dom", "a.html") == b"a" * 600_000
        assert blobs_of(data_dir) == []
        assert (files.folder / "dom/a.html").stat().st_mode & 0o777 == 0o444
        files.remove()
        assert_no_leftovers(data_dir)
    finally:
        data_dir.snapshots.unlink()
        for folder in (other_disk / ".tmp", *sorted(other_disk.glob("*/*/*")), *sorted(other_disk.glob("*/*"))):
            folder.rmdir()
        for folder in (*other_disk.glob("*"), other_disk, other_disk.parent):
            folder.rmdir()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", "d/z"]), st.binary(max_size=3)), max_size=8)
)
def test_any_order_of_saves_keeps_the_latest_of_each(data_dir: DataDir, saves: list[tuple[str, str, bytes]]) -> None:
    files = SnapshotFiles(data_dir, new_id())
    for plugin, path, data in saves:
        files.save(plugin, path, data, HTML)
    latest = {(plugin, path): data for plugin, path, data in saves}
    assert {(plugin, file.path) for plugin in files.plugins() for file in files.files(plugin)} == set(latest)
    assert all(content(files, plugin, path) == data for (plugin, path), data in latest.items())
    assert set(blobs_of(data_dir)) == {hashlib.sha256(data).hexdigest() for data in latest.values()}
    files.remove()
    assert blobs_of(data_dir) == []
