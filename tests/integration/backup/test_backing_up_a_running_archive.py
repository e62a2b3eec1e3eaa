"""Backups made of, and restored into, real archives by the commands, while others write."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from commands import Archive
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

CAPTURE = """
    import asyncio, django
    django.setup()
    from pagekeep.capture.testing import FakeEngine
    from pagekeep.services.add_urls import add_urls
    from pagekeep.services.prepare_archive import prepare_archive
    from pagekeep.worker.loop import run_worker
    prepare_archive()
    add_urls([f"https://example.com/{{number}}" for number in range({number})], user=None, tags=["kept"])
    asyncio.run(run_worker(3, stop=asyncio.Event(), until_idle=True, engine=lambda: FakeEngine(output_seconds={pause})))
"""
ADD = """
    import django, time
    django.setup()
    from pagekeep.archive.models import Snapshot
    from pagekeep.services.add_urls import add_urls
    from pagekeep.services.remove_snapshots import remove_snapshots
    number = 0
    while True:
        number += 1
        add_urls([f"https://added.test/{number}/{index}" for index in range(3)], user=None, index_only=True)
        if number % 5 == 0:
            remove_snapshots(Snapshot.objects.filter(status="succeeded").values_list("pk", flat=True)[:1])
        time.sleep(0.01)  # so that there is a moment to copy in
"""

STOP = """
    import os, signal, sys
    from pagekeep.cli.bars import Bars
    from pagekeep.cli.main import main
    show = Bars.__call__
    def show_and_stop(self, what, left):
        show(self, what, left)
        if left == 10:  # Ctrl-C in the middle, however fast the machine is
            os.kill(os.getpid(), signal.SIGINT)
    Bars.__call__ = show_and_stop
    sys.argv = ["pagekeep", "backup", {target!r}]
    main()
"""


class Place:
    def __init__(self, root: Path) -> None:
        self.root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        self.environ = kept | {"PAGEKEEP_DATA_DIR": str(root), "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        done = Archive(self.root).run(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*arguments, "--json").splitlines()[-1])
        return found

    def start(self, script: str, stderr: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], env=self.environ, stderr=stderr)

    def capture(self, number: int, pause: float = 0.0) -> "subprocess.Popen[bytes]":
        return self.start(CAPTURE.format(number=number, pause=pause))


def assert_everything_listed_opens(home: DataDir) -> int:
    """Read each listed file with the archive's own reader; return how many there are."""
    with closing(sqlite3.connect(home.database)) as database:
        rows = database.execute("SELECT snapshot_id, plugin, output_files FROM archive_archiveresult").fetchall()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    number = 0
    for snapshot_id, plugin, files in rows:
        for path, about in json.loads(files).items():
            content = b"".join(SnapshotFiles(home, UUID(snapshot_id)).open(plugin, path))
            assert hashlib.sha256(content).hexdigest() == about["sha256"]
            number += 1
    return number


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "archive")


@pytest.fixture
def filled(place: Place) -> Place:
    assert place.capture(4).wait(60) == 0
    return place


def test_what_is_backed_up_while_others_write_is_restored_exactly(filled: Place, tmp_path: Path) -> None:
    writers = [filled.start(ADD), filled.capture(40, 0.02)]
    try:
        for url in ("https://added.test/", "https://example.com/39"):  # until both are at work
            while not filled.run("list", "--json", url):
                assert writers[0].poll() is None
        for _ in range(2):
            made = filled.json("backup", tmp_path / "backup", "--verify")
            assert made["damaged"] == []
            assert all(writer.poll() is None for writer in writers[:1])
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    other = Place(tmp_path / "restored")
    restored = other.json("restore", tmp_path / "backup")
    assert restored["snapshots"] == made["snapshots"] > 8
    assert assert_everything_listed_opens(DataDir(other.root)) > 0
    assert (other.root / "secret_key").read_text() == (filled.root / "secret_key").read_text()
    assert other.json("index", "check") | {"unread": 0} == {
        "type": "index",
        "snapshots": restored["snapshots"],
        "indexed": restored["snapshots"],
        "unread": 0,
    }
    found = other.json("search", "--in", "meta", "example.com", "--limit", "1")
    assert found["url"].startswith("https://example.com/")
    linked = max(blob.stat().st_nlink for blob in (other.root / "blobs").rglob("*") if blob.is_file())
    assert linked > 1


def test_what_is_in_a_backup_is_not_copied_again_and_what_was_removed_goes(filled: Place, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    assert filled.json("backup", target)["files_copied"] > 20
    assert filled.json("backup", target)["files_copied"] == 0
    blobs = set((target / "files/blobs").glob("??/*"))
    gone = json.loads(filled.run("list", "--json", "--limit", "1"))["id"]
    filled.run("remove", gone, "--yes")
    for _ in range(3):  # as long as an older state lists it, it stays
        assert (target / "files/snapshots").exists()
        filled.run("backup", target)
    assert not list((target / "files").glob(f"snapshots/*/*/*/{gone}"))
    assert set((target / "files/blobs").glob("??/*")) < blobs
    assert len(list((target / "states").iterdir())) == 3


def test_damage_is_named_and_repaired_by_the_next_backup(filled: Place, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", Place(tmp_path / "restored")
    filled.run("backup", target)
    kept = next((target / "files").glob("snapshots/*/*/*/*/title/title.txt"))
    kept.chmod(0o600)
    whole, times = kept.read_bytes(), kept.stat()
    kept.write_bytes(whole[::-1])
    os.utime(kept, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "title/title.txt" in other.run("restore", target, code=5)
    assert "title/title.txt" in filled.run("backup", target, "--verify", code=5)
    filled.run("backup", target, "--verify")
    assert kept.read_bytes() == whole
    assert Place(tmp_path / "again").json("restore", target)["damaged"] == []


def test_a_backup_that_is_stopped_leaves_the_earlier_one_and_goes_on(filled: Place, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    first = filled.json("backup", target)
    assert filled.capture(30).wait(60) == 0
    before = len(list(target.glob("files/snapshots/*/*/*/*")))
    stopped = filled.start(STOP.format(target=str(target)), stderr=subprocess.PIPE)
    _, said = stopped.communicate(timeout=60)
    assert (stopped.returncode, b"Stopped." in said) == (130, True)
    assert before < len(list(target.glob("files/snapshots/*/*/*/*"))) < before + 30
    states = [path for path in (target / "states").iterdir() if not path.name.endswith(".part")]
    assert [str(path) for path in states] == [first["path"]]
    assert Place(tmp_path / "earlier").json("restore", target)["snapshots"] == first["snapshots"]
    assert filled.json("backup", target)["snapshots"] == first["snapshots"] + 30


def test_restore_refuses_what_it_must_with_a_sentence(filled: Place, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", Place(tmp_path / "restored")
    (tmp_path / "nothing").mkdir()
    assert "holds no whole backup" in other.run("restore", tmp_path / "nothing", code=2)
    state = Path(filled.json("backup", target)["path"])
    assert "is not empty" in filled.run("restore", target, code=4)
    about = json.loads((state / "backup.json").read_text())
    for newer in ({"format": 99}, {"migrations": [*about["migrations"], "archive.9999_later"]}):
        (state / "backup.json").write_text(json.dumps(about | newer))
        assert "newer Pagekeep" in other.run("restore", target, code=5)
    (state / "backup.json").write_text("{")
    assert "is damaged" in other.run("restore", target, code=5)
    assert not other.root.exists() or not list(other.root.iterdir())
    assert "within each other" in filled.run("backup", filled.root / "backup", code=2)
    assert "no archive" in Place(tmp_path / "none").run("backup", target, code=3)
