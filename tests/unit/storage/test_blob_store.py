import errno
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    return data_dir


@pytest.fixture
def store(data_dir: DataDir) -> BlobStore:
    return BlobStore(data_dir)


def keep(store: BlobStore, data: bytes, name: Path) -> str:
    with store.work() as work:
        written = store.write(work, data)
        os.rename(store.share(work, written), name)
    return written.sha256


def test_the_same_bytes_are_kept_once_read_only(store: BlobStore, data_dir: DataDir, tmp_path: Path) -> None:
    digest = keep(store, b"page", tmp_path / "a")
    assert keep(store, b"page", tmp_path / "b") == digest == hashlib.sha256(b"page").hexdigest()
    blob = data_dir.blobs / digest[:2] / digest[2:]
    assert store.path(digest) == blob
    assert blob.samefile(tmp_path / "a")
    assert blob.samefile(tmp_path / "b")
    assert (blob.stat().st_nlink, blob.stat().st_mode & 0o777) == (3, 0o444)
    assert list(data_dir.temp.iterdir()) == []
    assert list(store.digests()) == [digest]


def test_release_frees_only_what_nobody_refers_to(store: BlobStore, tmp_path: Path) -> None:
    kept, gone = keep(store, b"kept", tmp_path / "kept"), keep(store, b"gone", tmp_path / "gone")
    (tmp_path / "gone").unlink()
    store.release([kept, gone, "0" * 64])
    assert list(store.digests()) == [kept]
    with pytest.raises(ValueError, match="SHA-256"):
        store.release(["../../x"])


def test_nothing_stays_of_a_write_that_fails(store: BlobStore, data_dir: DataDir) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="source broke"), store.work() as work:
        store.write(work, broken())
    assert list(data_dir.temp.iterdir()) == []


def test_a_blob_shared_but_never_named_is_freed(store: BlobStore) -> None:
    with store.work() as work:
        store.share(work, store.write(work, b"unnamed"))
        assert len(list(store.digests())) == 1
    assert list(store.digests()) == []


def test_a_blob_of_the_wrong_size_is_replaced(store: BlobStore, tmp_path: Path) -> None:
    digest = keep(store, b"whole bytes", tmp_path / "a")
    store.path(digest).chmod(0o644)
    store.path(digest).write_bytes(b"whole")
    keep(store, b"whole bytes", tmp_path / "b")
    assert store.path(digest).read_bytes() == (tmp_path / "b").read_bytes() == b"whole bytes"


def test_freeing_waits_for_a_writer_that_is_linking(store: BlobStore, data_dir: DataDir, tmp_path: Path) -> None:
    digest = keep(store, b"page", tmp_path / "a")
    (tmp_path / "a").unlink()
    lock = os.open(data_dir.blobs / ".lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_SH)
    freeing = threading.Thread(target=store.release, args=([digest],))
    freeing.start()
    os.link(store.path(digest), tmp_path / "b")  # what a writer does while it holds the lock
    os.close(lock)
    freeing.join()
    assert store.path(digest).samefile(tmp_path / "b")


def test_no_name_loses_its_blob_while_others_free_it(store: BlobStore, tmp_path: Path) -> None:
    digest = keep(store, b"contested", tmp_path / "first")
    done = threading.Event()
    lost: list[str] = []

    def free() -> None:
        while not done.is_set():
            store.release([digest])

    def write(name: Path) -> None:
        for turn in range(60):
            try:
                keep(store, b"contested", name)
                if not name.samefile(store.path(digest)):
                    lost.append(f"{name.name} {turn}: another blob")
                name.unlink()
            except OSError as error:
                lost.append(f"{name.name} {turn}: {error}")

    (tmp_path / "first").unlink()
    freeing = [threading.Thread(target=free) for _ in range(2)]
    writing = [threading.Thread(target=write, args=(tmp_path / name,)) for name in "abc"]
    for thread in [*freeing, *writing]:
        thread.start()
    for thread in writing:
        thread.join()
    done.set()
    for thread in freeing:
        thread.join()
    assert lost == []


def test_an_inode_with_all_its_links_is_replaced_by_a_fresh_one(store: BlobStore, tmp_path: Path) -> None:
    digest = keep(store, b"popular", tmp_path / "a")
    many = tmp_path / "many"
    many.mkdir()
    if os.pathconf(many, "PC_LINK_MAX") > 100_000:
        pytest.skip("the file system takes more links to a file than can be made in a test")
    for number in range(os.pathconf(many, "PC_LINK_MAX") - (tmp_path / "a").stat().st_nlink):
        os.link(tmp_path / "a", many / str(number))
    try:
        os.link(tmp_path / "a", many / "one-more")
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
    else:
        pytest.skip("the file system takes more links to a file than it says")
    keep(store, b"popular", tmp_path / "b")
    assert store.path(digest).samefile(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == b"popular"


def test_sweeping_finishes_dead_work_and_leaves_living_work(store: BlobStore, data_dir: DataDir) -> None:
    dead = data_dir.temp / "storage-dead"
    half = data_dir.temp / "storage-half"  # killed before it had its lock file
    dead.mkdir()
    half.mkdir()
    (dead / "lock").touch()
    digest = hashlib.sha256(b"orphan").hexdigest()
    store.path(digest).parent.mkdir()
    store.path(digest).write_bytes(b"orphan")
    os.link(store.path(digest), dead / "data")
    (dead / ".files.jsonl").write_text(f'{{"sha256": "{digest}"}}\n{{"sha256": "torn')
    (data_dir.temp / "of-somebody-else").touch()
    with store.work() as living:
        written = store.write(living, b"alive")
        assert store.sweep_temp() == 2
        assert written.file.read_bytes() == b"alive"
        assert sorted(data_dir.temp.iterdir()) == sorted([living, data_dir.temp / "of-somebody-else"])
    assert list(store.digests()) == []
