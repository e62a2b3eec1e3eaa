import hashlib
import json
from pathlib import Path

import pytest

from pagekeep.domain.errors import BadInput, CaptureError, Conflict
from pagekeep.domain.ids import new_id
from pagekeep.domain.results import Shareable, Upload
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
from pagekeep.storage.uploads import Parts

TEXT = "text/plain"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    return data_dir


@pytest.fixture
def files(data_dir: DataDir) -> SnapshotFiles:
    return SnapshotFiles(data_dir, new_id(), lambda: None)


def content(files: SnapshotFiles, path: str) -> bytes:
    return b"".join(files.open("dom", path))


def add(files: SnapshotFiles, **texts: bytes) -> None:
    files.add("dom", [Upload(path.replace("_", "."), TEXT, [data]) for path, data in texts.items()])


def test_uploads_are_kept_together_or_not_at_all(files: SnapshotFiles) -> None:
    files.save("dom", "a.txt", b"captured", TEXT)
    with pytest.raises(Conflict, match=r"a\.txt"):
        add(files, b_txt=b"new", a_txt=b"other")
    assert [file.path for file in files.files("dom")] == ["a.txt"]
    add(files, b_txt=b"new", a_txt=b"captured")
    assert {file.path: file.sha256 for file in files.files("dom")} == {
        "a.txt": hashlib.sha256(b"captured").hexdigest(),
        "b.txt": hashlib.sha256(b"new").hexdigest(),
    }


def test_no_capture_replaces_an_upload(files: SnapshotFiles) -> None:
    add(files, output_html=b"uploaded")
    stored = files.files("dom")[0]
    for replace in (
        lambda: files.save("dom", "output.html", b"captured", TEXT),
        lambda: files.share("dom", [Shareable("output.html", "key", lambda: b"captured", TEXT)]),
        lambda: files.pack("dom", "output.html", [("a", "dom", stored)], "application/zip"),
    ):
        with pytest.raises(CaptureError, match="uploaded"):
            replace()
    assert content(files, "output.html") == b"uploaded"
    files.save("dom", "other.html", b"captured", TEXT)


def test_dropping_a_plugin_spares_uploads_and_frees_the_rest(files: SnapshotFiles, data_dir: DataDir) -> None:
    files.save("dom", "deep/output.html", b"captured", TEXT)
    files.save("dom", "same.txt", b"the same", TEXT)
    add(files, own_html=b"uploaded", same_txt=b"the same")
    files.drop("dom")
    assert {file.path for file in files.files("dom")} == {"own.html", "same.txt"}
    assert content(files, "same.txt") == b"the same"
    wanted = {hashlib.sha256(data).hexdigest() for data in (b"uploaded", b"the same")}
    assert set(BlobStore(data_dir).digests()) == wanted
    files.save("dom", "deep/output.html", b"captured again", TEXT)
    assert content(files, "deep/output.html") == b"captured again"


def test_a_packed_file_that_is_uploaded_gets_bytes_of_its_own(files: SnapshotFiles) -> None:
    member = files.save("warc", "a.warc", b"records", TEXT)
    packed = files.pack("wacz", "a.wacz", [("a", "warc", member)], "application/zip")
    whole = b"".join(files.open("wacz", "a.wacz"))
    assert hashlib.sha256(whole).hexdigest() == packed.sha256
    files.add("wacz", [Upload("a.wacz", "application/zip", whole)])
    files.drop("warc")
    assert b"".join(files.open("wacz", "a.wacz")) == whole


@pytest.mark.parametrize("path", ["OUTPUT.html", "out\u0070ut.HTML", "straße.txt", "STRASSE.TXT"])
def test_names_that_differ_in_case_only_are_refused(files: SnapshotFiles, path: str) -> None:
    add(files, output_html=b"one")
    files.add("dom", [Upload("STRASSE.txt", TEXT, b"two")])
    with pytest.raises(BadInput, match="case only"):
        files.add("dom", [Upload(path, TEXT, b"other")])


def test_a_file_put_there_by_hand_is_not_replaced(files: SnapshotFiles) -> None:
    files.save("dom", "a.txt", b"a", TEXT)
    (files.folder / "dom" / "b.txt").write_bytes(b"by hand")
    with pytest.raises(Conflict):
        add(files, b_txt=b"uploaded")


def test_marks_are_written_once(files: SnapshotFiles) -> None:
    for _ in range(3):
        add(files, a_txt=b"a")
    lines = [json.loads(line) for line in (files.folder / ".files.jsonl").read_bytes().splitlines() if line]
    assert [line["uploaded"] for line in lines] == [True]


def test_parts(data_dir: DataDir) -> None:
    parts = Parts(data_dir, new_id(), "a")
    assert not parts.holds(0, [b"x"])
    parts.write(0, [b"one", b"two"])
    parts.write(3, [b"TWO!"])
    assert parts.holds(3, [b"TW", b"O!"])
    assert not parts.holds(3, [b"TWO!!"])
    assert b"".join(parts.read(7)) == b"oneTWO!"
    with pytest.raises(Conflict):
        parts.write(8, [b"x"])
    with pytest.raises(Conflict):
        list(parts.read(8))
    parts.remove()
    parts.remove()
    assert not list(data_dir.uploads.iterdir())
    with pytest.raises(Conflict):
        list(parts.read(1))
