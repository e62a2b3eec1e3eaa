"""Files that several snapshots share: known by a key, kept once, freed with the last snapshot that has them."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pagekeep.domain.errors import BadInput
from pagekeep.domain.ids import new_id
from pagekeep.domain.results import Shareable, Shared, StoredFile
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

WARC = "application/warc"
KEY = "sha256:abc https://example.com/logo.png"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    return data_dir


def snapshot(data_dir: DataDir) -> SnapshotFiles:
    return SnapshotFiles(data_dir, new_id())


def share(files: SnapshotFiles, data: bytes, key: str = KEY, path: str = "logo.warc.gz") -> Shared:
    return files.share("warc", [Shareable(path, key, lambda: data, WARC)])[0]


def refuse() -> bytes:
    raise AssertionError("bytes that are known were made again")


def content(files: SnapshotFiles, path: str = "logo.warc.gz") -> bytes:
    return b"".join(files.open("warc", path))


def blobs_of(data_dir: DataDir) -> list[str]:
    return list(BlobStore(data_dir).digests())


def hints_of(data_dir: DataDir) -> list[Path]:
    return list(data_dir.shared.glob("*/*"))


def assert_nothing_is_left(data_dir: DataDir) -> None:
    assert blobs_of(data_dir) == []
    assert hints_of(data_dir) == []
    assert list(data_dir.temp.iterdir()) == []


def test_what_is_known_by_its_key_is_linked_not_made(data_dir: DataDir) -> None:
    first, second = snapshot(data_dir), snapshot(data_dir)
    data = os.urandom(10_000)
    kept = share(first, data)
    assert (kept.is_new, kept.head, kept.stored.size) == (True, data[:4096], 10_000)
    again = second.share("warc", [Shareable("other.warc.gz", KEY, refuse, "application/gzip")])[0]
    assert (again.is_new, again.head) == (False, data[:4096])
    assert again.stored == StoredFile("other.warc.gz", 10_000, kept.stored.sha256, "application/gzip")
    assert second.files("warc") == [again.stored]
    assert content(second, "other.warc.gz") == data
    assert (first.folder / "warc/logo.warc.gz").samefile(second.folder / "warc/other.warc.gz")
    assert b"".join(second.zip_all()).count(data) == 1
    assert list(data_dir.temp.iterdir()) == []


def test_each_of_a_batch_is_known_by_its_own_key(data_dir: DataDir) -> None:
    first, second = snapshot(data_dir), snapshot(data_dir)
    share(first, b"known", "a\ud800 half a character")
    wanted = [
        Shareable("a.gz", "a\ud800 half a character", refuse, WARC),
        Shareable("deep/b.gz", "b", lambda: b"new", WARC),
        Shareable("c.gz", "c", lambda: b"", WARC),
    ]
    assert [(one.is_new, one.head) for one in second.share("warc", wanted)] == [
        (False, b"known"),
        (True, b"new"),
        (True, b""),
    ]
    assert [file.path for file in second.files("warc")] == ["a.gz", "deep/b.gz", "c.gz"]
    assert second.share("warc", []) == []
    with pytest.raises(BadInput):
        second.share("warc", [Shareable("fine", "d", refuse, WARC), Shareable("../x", "d", refuse, WARC)])


def test_either_snapshot_may_go_first_and_the_last_frees_all(data_dir: DataDir) -> None:
    for order in ((0, 1), (1, 0)):
        both = [snapshot(data_dir), snapshot(data_dir)]
        for files in both:
            share(files, b"record")
        both[order[0]].remove()
        assert content(both[order[1]]) == b"record"
        both[order[1]].remove()
        assert_nothing_is_left(data_dir)


def test_what_is_replaced_or_dropped_is_freed_with_its_hint(data_dir: DataDir) -> None:
    files = snapshot(data_dir)
    share(files, b"record")
    files.save("warc", "logo.warc.gz", b"another", WARC)
    assert len(blobs_of(data_dir)) == 1
    assert hints_of(data_dir) == []
    share(files, b"record")
    assert content(files) == b"record"
    files.drop("warc")
    assert_nothing_is_left(data_dir)


def test_a_hint_at_a_blob_that_is_gone_is_replaced(data_dir: DataDir) -> None:
    first, second = snapshot(data_dir), snapshot(data_dir)
    old = share(first, b"old").stored
    BlobStore(data_dir).path(old.sha256).unlink()
    assert share(second, b"new").is_new
    assert not share(snapshot(data_dir), b"unused").is_new
    assert content(first) == b"old"


@pytest.mark.parametrize("damage", [b"", b"rec", b"recorD", b"record and more"])
def test_a_damaged_blob_spoils_no_further_snapshot(data_dir: DataDir, damage: bytes) -> None:
    first, second, third = snapshot(data_dir), snapshot(data_dir), snapshot(data_dir)
    blob = BlobStore(data_dir).path(share(first, b"record").stored.sha256)
    blob.chmod(0o600)
    blob.write_bytes(damage)
    assert share(second, b"record").is_new
    assert content(second) == b"record"
    assert not share(third, b"unused").is_new
    assert content(third) == b"record"
    for files in (first, second, third):
        files.remove()
    assert_nothing_is_left(data_dir)


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "A" * 42 + "!", "é" * 43, "A" * 44])
def test_a_hint_of_another_form_counts_as_none(data_dir: DataDir, target: str) -> None:
    share(snapshot(data_dir), b"record")
    (hint,) = hints_of(data_dir)
    hint.unlink()
    hint.symlink_to(target)
    assert share(snapshot(data_dir), b"again").is_new
    hint.unlink()
    hint.write_bytes(b"a file")
    assert share(snapshot(data_dir), b"once more").is_new
    assert not share(snapshot(data_dir), b"unused").is_new


def test_a_hint_takes_no_block_of_the_disk(data_dir: DataDir) -> None:
    share(snapshot(data_dir), b"record")
    (hint,) = hints_of(data_dir)
    assert hint.lstat().st_size < 60


def test_without_hard_links_nothing_is_shared(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)  # as FAT does; no such file system is at hand in a test
    first, second = snapshot(data_dir), snapshot(data_dir)
    assert share(first, b"one").is_new
    assert share(second, b"two").is_new
    assert (content(first), content(second)) == (b"one", b"two")
    assert_nothing_is_left(data_dir)


def test_nothing_stays_of_a_batch_whose_bytes_cannot_be_made(data_dir: DataDir) -> None:
    def broken() -> bytes:
        raise RuntimeError("the source broke")

    files = snapshot(data_dir)
    with pytest.raises(RuntimeError, match="source broke"):
        files.share("warc", [Shareable("a", "a", lambda: b"a", WARC), Shareable("b", "b", broken, WARC)])
    assert files.files("warc") == []
    assert_nothing_is_left(data_dir)


def test_a_share_killed_before_its_end_is_finished_by_the_sweep(data_dir: DataDir) -> None:
    script = """
import os, sys
from pathlib import Path
from uuid import UUID
from pagekeep.domain.results import Shareable
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
data_dir = DataDir(Path(sys.argv[1]))
files = SnapshotFiles(data_dir, UUID(sys.argv[2]))
keep = BlobStore.remember
def remove_then_remember_then_die(store, *arguments):
    files.remove()
    store.path(arguments[2]).touch()  # as if the remover were about to free it
    keep(store, *arguments)
    store.path(arguments[2]).unlink()
    os.kill(os.getpid(), 9)
BlobStore.remember = remove_then_remember_then_die
files.share("warc", [Shareable("a", "key", lambda: b"data", "x")])
"""
    command = [sys.executable, "-c", script, str(data_dir.root), str(new_id())]
    assert subprocess.run(command, check=False).returncode == -9
    assert len(hints_of(data_dir)) == 1
    assert BlobStore(data_dir).sweep_temp() == 1
    assert_nothing_is_left(data_dir)


def test_snapshots_that_share_and_go_at_once_stay_whole(data_dir: DataDir) -> None:
    wrong: list[object] = []

    def share_and_go() -> None:
        try:
            for turn in range(25):
                files = snapshot(data_dir)
                keys = [f"key {(turn + step) % 3}" for step in range(3)]
                wanted = [Shareable(key, key, os.urandom(8).hex().encode, WARC) for key in keys]
                wrong.extend(
                    kept for kept in files.share("warc", wanted) if content(files, kept.stored.path) != kept.head
                )
                files.remove()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=share_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert_nothing_is_left(data_dir)
