from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot
from pagekeep.archive.queue import LeaseLost
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.domain.ids import new_id
from pagekeep.domain.results import Result
from pagekeep.domain.status import CrawlStatus, ResultStatus, SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.record_result import record_result, record_step
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.retry_snapshot import missing_plugins, retry_snapshot
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.upsert_snapshot import upsert_snapshot
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db


def added(**options: object) -> Snapshot:
    return add_urls(["https://example.com/"], user=None, **options).snapshots[0]  # type: ignore[arg-type]


def result(plugin: str, status: ResultStatus = ResultStatus.SUCCEEDED) -> Result:
    return Result(plugin, status, "said", datetime.now(UTC), datetime.now(UTC))


def test_upsert_makes_and_then_changes_one_snapshot() -> None:
    snapshot, is_new = upsert_snapshot("https://example.com/", user=None, tags=["a"])
    assert is_new
    again, is_new = upsert_snapshot(
        "https://example.com/", user=None, crawl=snapshot.crawl, title="Mine", tags=["b"], status="paused"
    )
    assert (again.pk, is_new) == (snapshot.pk, False)
    assert (again.title, again.title_edited, again.status) == ("Mine", True, SnapshotStatus.PAUSED)
    assert [tag.name for tag in again.tags.all()] == ["b"]
    other, is_new = upsert_snapshot("https://example.com/2", user=None, crawl=snapshot.crawl, depth=1)
    assert (is_new, other.crawl_id, other.depth) == (True, snapshot.crawl_id, 1)
    resumed, _ = upsert_snapshot("https://example.com/", user=None, crawl=snapshot.crawl, status="queued")
    assert resumed.status == SnapshotStatus.QUEUED


@pytest.mark.parametrize("options", [{"depth": 5}, {"depth": -1}, {"status": "bogus"}, {"status": "started"}])
def test_upsert_refuses_bad_values(options: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        upsert_snapshot("https://example.com/", user=None, **options)  # type: ignore[arg-type]
    assert not Crawl.objects.exists()


def test_upsert_sealed_is_never_captured() -> None:
    snapshot, _ = upsert_snapshot("https://example.com/", user=None, status="sealed")
    assert snapshot.status == SnapshotStatus.SEALED
    assert queue.claim(uuid4(), 60) is None


def test_remove_takes_rows_and_files() -> None:
    snapshot = added()
    files = snapshot_files(snapshot.pk)
    files.save("title", "title.txt", b"T", "text/plain")
    owner = uuid4()
    queue.claim(owner, 60)
    record_result(owner, snapshot.pk, result("title"))
    removed = remove_snapshots([snapshot.pk, new_id()])
    assert (removed.snapshot_ids, removed.remaining) == ((snapshot.pk,), 0)
    assert not Snapshot.objects.exists()
    assert not ArchiveResult.objects.exists()
    assert not Path(files.folder).exists()
    assert queue.heartbeat(owner, [snapshot.pk], 60) == []
    assert Crawl.objects.get().status == CrawlStatus.SEALED
    with pytest.raises(LeaseLost):
        record_result(owner, snapshot.pk, result("pdf"))


def test_hiding_keeps_the_files_and_ends_the_work() -> None:
    snapshot = added()
    files = snapshot_files(snapshot.pk)
    files.save("title", "title.txt", b"T", "text/plain")
    assert remove_snapshots([snapshot.pk], delete=False).remaining == 0
    snapshot.refresh_from_db()
    assert (snapshot.hidden, snapshot.status) == (True, SnapshotStatus.SEALED)
    assert [file.path for file in files.files("title")] == ["title.txt"]


def test_only_the_owner_records_results() -> None:
    snapshot = added()
    owner = uuid4()
    queue.claim(owner, 60)
    record_step(owner, snapshot.pk, "open")
    record_result(owner, snapshot.pk, result("title"))
    snapshot.refresh_from_db()
    assert (snapshot.current_step, snapshot.num_results) == ("open", 1)
    for attempt in (
        lambda: record_result(uuid4(), snapshot.pk, result("pdf")),
        lambda: record_step(uuid4(), snapshot.pk, "settle"),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    seal_snapshots([snapshot.pk])
    with pytest.raises(LeaseLost):
        record_result(owner, snapshot.pk, result("pdf"))
    assert ArchiveResult.objects.get().plugin == "title"


def test_retry_makes_only_what_is_missing() -> None:
    snapshot = added(plugins=["title", "pdf", "warc", "wacz", "hashes"])
    owner = uuid4()
    queue.claim(owner, 60)
    for plugin in ("title", "wacz", "hashes"):
        record_result(owner, snapshot.pk, result(plugin))
    record_result(owner, snapshot.pk, result("pdf", ResultStatus.FAILED))
    with pytest.raises(Conflict):
        retry_snapshot(snapshot.pk)
    seal_snapshots([snapshot.pk])
    retried = retry_snapshot(snapshot.pk)
    assert (retried.status, retried.attempts) == (SnapshotStatus.QUEUED, 0)
    assert missing_plugins(retried) == ("pdf", "warc", "wacz", "hashes")
    assert ArchiveResult.objects.get(plugin="title").status == ResultStatus.SUCCEEDED
    assert ArchiveResult.objects.get(plugin="pdf").status == ResultStatus.QUEUED
    assert Crawl.objects.get().status == CrawlStatus.QUEUED


def test_retry_of_a_whole_snapshot_is_a_conflict() -> None:
    snapshot = added(plugins=["title"])
    owner = uuid4()
    queue.claim(owner, 60)
    record_result(owner, snapshot.pk, result("title"))
    seal_snapshots([snapshot.pk])
    with pytest.raises(Conflict, match="add the URL again"):
        retry_snapshot(snapshot.pk)
    with pytest.raises(NotFound):
        retry_snapshot(new_id())
