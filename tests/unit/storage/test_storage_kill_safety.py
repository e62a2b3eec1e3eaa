"""Storage under SIGKILL, under many processes at once, and on a disk that is full or read-only."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from uuid import UUID

import pytest

from pagekeep.domain.ids import new_id
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.hints import Hints
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

KILLS = 12
PRELUDE = """
import itertools, os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.domain.results import Result, Shareable
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles
data_dir = DataDir(Path(sys.argv[1]))
"""
BUSY = """
now = datetime.now(UTC)
chance = random.Random(sys.argv[2])
snapshots = [UUID(text) for text in sys.argv[3:]]
for turn in itertools.count():
    if turn == 2:
        print("ready", flush=True)  # on a busy machine the kill must not always come before anything is kept
    snapshot_id = chance.choice(snapshots)
    files = SnapshotFiles(data_dir, snapshot_id)
    plugin, path = chance.choice(["dom", "pdf"]), chance.choice(["a", "b/c", "d"])
    saved = files.save(plugin, path, [bytes([chance.randrange(4)]) * 40_000] * chance.randrange(4), "text/plain")
    keys = chance.sample("abcdef", 3)
    files.share("warc", [Shareable(f"{n}", key, (key * 50_000).encode, "text/plain") for n, key in enumerate(keys)])
    if chance.random() < 0.4:
        files.pack("wacz", "archive.wacz", [("x", plugin, saved)], "application/wacz")
    if chance.random() < 0.4:
        results = [Result(p, ResultStatus.SUCCEEDED, "", now, now, tuple(files.files(p))) for p in files.plugins()]
        files.write_manifest(Manifest(snapshot_id, "u", SnapshotStatus.SUCCEEDED, now, results=tuple(results)))
    if chance.random() < 0.2:
        files.drop(plugin)
    if chance.random() < 0.1:
        files.remove()
"""
TURNS = """
chance = random.Random(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for turn in range(20):
    files = SnapshotFiles(data_dir, UUID(sys.argv[3]))
    data = [bytes([chance.randrange(3)]) * 5000 for _ in range(4)]
    for number, part in enumerate(data):
        files.save("dom", f"{number}.bin", part, "text/plain")
    for number, part in enumerate(data):
        assert b"".join(files.open("dom", f"{number}.bin")) == part
        assert (files.folder / "dom" / f"{number}.bin").samefile(BlobStore(data_dir).path(saved_as(part)))
    if turn % 7 == 0:
        BlobStore(data_dir).sweep_temp()
    files.remove()
files.save("dom", "last.bin", b"last", "text/plain")
"""
SAVED_AS = """
import hashlib
def saved_as(part):
    return hashlib.sha256(part).hexdigest()
"""
SMALL_DISK = """
import subprocess
def mount(*options):
    subprocess.run(["mount", *options, str(data_dir.root)], check=True)
mount("-t", "tmpfs", "-o", "size=1m", "none")
data_dir.prepare()
files = SnapshotFiles(data_dir, UUID(sys.argv[2]))
files.save("dom", "kept", b"kept", "text/plain")
def attempt():
    try:
        files.save("dom", "big", [bytes([n % 256]) * 100_000 for n in range(30)], "text/plain")
    except EnvironmentProblem as problem:
        print(problem)
attempt()
assert not list(data_dir.temp.iterdir()), list(data_dir.temp.iterdir())
assert [file.path for file in files.files("dom")] == ["kept"]
assert len(list(BlobStore(data_dir).digests())) == 1
try:
    data_dir.check_space()
except EnvironmentProblem as problem:
    print(problem)
ballast = (data_dir.root / "ballast").open("wb", buffering=0)
try:
    while ballast.write(bytes(4096)):
        pass
except OSError:
    pass
BlobStore(data_dir).release([])
SnapshotFiles(data_dir, UUID(sys.argv[2])).remove()
assert not list(BlobStore(data_dir).digests()), "removing must work on a full disk"
ballast.close()
mount("-o", "remount,ro")
attempt()
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def check_whole(data_dir: DataDir, snapshots: list[UUID]) -> int:
    """Check that all that can be reached by name is whole; return how many files there are."""
    store, seen = BlobStore(data_dir), 0
    for snapshot_id in snapshots:
        files = SnapshotFiles(data_dir, snapshot_id)
        for plugin in files.plugins():
            listed = {file.path: file for file in files.files(plugin)}
            on_disk = {
                str(path.relative_to(files.folder / plugin)).removesuffix(".pack.json")
                for path in (files.folder / plugin).rglob("*")
                if path.is_file() and path.name != ".files.jsonl"
            }
            assert on_disk == set(listed)
            for path, file in listed.items():
                if plugin == "wacz":
                    continue  # its member may have been replaced since: open() says so
                assert hashlib.sha256(b"".join(files.open(plugin, path))).hexdigest() == file.sha256
                assert (files.folder / plugin / path).samefile(store.path(file.sha256))
                seen += 1
        if (files.folder / "manifest.json").exists():
            assert files.read_manifest().snapshot_id == snapshot_id
    return seen


def test_a_kill_at_any_instant_leaves_everything_whole(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    store, snapshots, chance, seen, swept = BlobStore(data_dir), [new_id(), new_id()], random.Random(7), 0, 0
    shared = 0
    for round_number in range(KILLS):
        with start(BUSY, data_dir.root, round_number, *snapshots) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.001, 0.05))  # the random instant of the kill
            process.kill()
        assert process.returncode == -9
        seen += check_whole(data_dir, snapshots)
        swept += store.sweep_temp()
        assert list(data_dir.temp.iterdir()) == []
        assert not data_dir.snapshots_temp.exists() or list(data_dir.snapshots_temp.iterdir()) == []
        check_whole(data_dir, snapshots)
        assert all(store.path(digest).stat().st_nlink > 1 for digest in store.digests())
        hints = [hint.parent.name + hint.name for hint in data_dir.shared.glob("*/*")]
        assert {Hints(data_dir.shared).read(hint) for hint in hints} <= set(store.digests())
        shared += len(hints)
        assert all(hashlib.sha256(store.path(d).read_bytes()).hexdigest() == d for d in store.digests())
    assert seen > KILLS
    assert shared > KILLS
    assert swept > 0


def test_processes_that_save_and_remove_the_same_bytes_at_once(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    snapshots = [new_id() for _ in range(4)]
    processes = [start(SAVED_AS + TURNS, data_dir.root, number, id_) for number, id_ in enumerate(snapshots)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n", timeout=60)
    assert [process.returncode for process in processes] == [0] * 4
    assert check_whole(data_dir, snapshots) == 4
    assert list(BlobStore(data_dir).digests()) == [hashlib.sha256(b"last").hexdigest()]
    assert list(data_dir.temp.iterdir()) == list(data_dir.snapshots_temp.iterdir()) == []


def test_a_full_and_a_read_only_disk_are_said_in_a_sentence(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    namespace = [unshare or "", "--user", "--map-root-user", "--mount"]
    if not unshare or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    script = [sys.executable, "-c", PRELUDE + SMALL_DISK, str(tmp_path), str(new_id())]
    done = subprocess.run([*namespace, *script], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    full, nearly_full, read_only = done.stdout.splitlines()
    assert "is full; free some space" in full
    assert "MiB left" in nearly_full
    assert "read-only file system" in read_only
