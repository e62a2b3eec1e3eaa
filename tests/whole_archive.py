"""Whether an archive is whole: what must hold after any crash, looked at from a process of its own.

``python whole_archive.py DATA`` prints what is wrong, a line each, and nothing where all is well; with ``--ended`` also
what has not ended, with ``--swept`` also what a start should have swept.
"""

import argparse
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

from pagekeep.domain.errors import NotFound, PagekeepError
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage.blobs import BlobStore
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

ENDED = ("succeeded", "failed", "sealed")


def problems(home: DataDir, *, ended: bool, since: str = "") -> Iterator[str]:
    """Yield what is wrong, in words.

    Args:
        ended: every snapshot must have ended, with what it came to on disk.
        since: look at the files of snapshots from this id on only, and at no blobs; empty for all.
    """
    with closing(sqlite3.connect(f"file:{home.database}?mode=ro", uri=True, timeout=30)) as database:
        yield from (f"integrity: {row[0]}" for row in database.execute("PRAGMA integrity_check") if row[0] != "ok")
        yield from (f"foreign key: {row}" for row in database.execute("PRAGMA foreign_key_check"))
        yield from _rows(database, home, since)
        if ended:
            yield from _ends(database, home, since)
    if not since:
        yield from _blobs(home)


def _rows(database: sqlite3.Connection, home: DataDir, since: str) -> Iterator[str]:
    """What the database calls kept is on disk, byte for byte, and nothing is there twice."""
    twice = (
        "SELECT snapshot_id, plugin FROM archive_archiveresult WHERE hook_name = '' GROUP BY 1, 2 HAVING COUNT(*) > 1"
    )
    yield from (f"result twice: {row}" for row in database.execute(twice))
    kept = "SELECT snapshot_id, plugin, output_files FROM archive_archiveresult WHERE status = ? AND snapshot_id >= ?"
    for snapshot_id, plugin, files in database.execute(kept, ("succeeded", since)):
        for path, file in json.loads(files).items():
            yield from _file(home, UUID(snapshot_id), plugin, path, file["sha256"])


def _ends(database: sqlite3.Connection, home: DataDir, since: str) -> Iterator[str]:
    """Every snapshot has ended in an explained state, and its manifest says the same."""
    snapshots = database.execute("SELECT id, url, status, reason, lease_owner FROM archive_snapshot")
    for snapshot_id, url, status, reason, owner in snapshots:
        if status not in ENDED or owner is not None:
            yield f"not ended: {url} is {status}, held by {owner}"
            continue
        if status == "failed" and not reason:
            yield f"no reason: {url} failed"
        if snapshot_id >= since:
            yield from _manifest(home, UUID(snapshot_id), url, status)
    open_results = "SELECT snapshot_id, plugin, status FROM archive_archiveresult WHERE status IN ('queued', 'started')"
    yield from (f"open result: {row}" for row in database.execute(open_results))


def _manifest(home: DataDir, snapshot_id: UUID, url: str, status: str) -> Iterator[str]:
    try:
        manifest = SnapshotFiles(home, snapshot_id).read_manifest()
    except NotFound:
        yield f"no manifest: {url}"
        return
    if manifest.status != SnapshotStatus(status):
        yield f"manifest: {url} is {status}, its manifest says {manifest.status}"
    for result in manifest.results:
        if result.status == ResultStatus.SUCCEEDED:
            for file in result.files:
                yield from _file(home, snapshot_id, result.plugin, file.path, file.sha256)


def _file(home: DataDir, snapshot_id: UUID, plugin: str, path: str, sha256: str) -> Iterator[str]:
    try:
        digest = hashlib.sha256(b"".join(SnapshotFiles(home, snapshot_id).open(plugin, path))).hexdigest()
    except PagekeepError as error:
        yield f"file: {snapshot_id}/{plugin}/{path}: {error}"
        return
    if digest != sha256:
        yield f"file: {snapshot_id}/{plugin}/{path} is not what was recorded"


def _blobs(home: DataDir) -> Iterator[str]:
    store = BlobStore(home)
    for digest in store.digests():
        if hashlib.sha256(store.path(digest).read_bytes()).hexdigest() != digest:
            yield f"blob: {digest} holds other bytes"


def leftovers(home: DataDir) -> Iterator[str]:
    """Yield what killed processes have left and a start should have swept."""
    for folder in (home.temp, home.snapshots_temp):
        yield from (f"left over: {path}" for path in sorted(folder.glob("*")))
    store = BlobStore(home)
    yield from (f"nobody's blob: {digest}" for digest in store.digests() if store.path(digest).stat().st_nlink == 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--ended", action="store_true")
    parser.add_argument("--swept", action="store_true")
    options = parser.parse_args()
    home = DataDir(options.data)
    found = [*problems(home, ended=options.ended), *(leftovers(home) if options.swept else ())]
    sys.stdout.writelines(f"{line}\n" for line in found)


if __name__ == "__main__":
    main()
