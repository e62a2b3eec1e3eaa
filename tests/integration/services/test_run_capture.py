import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot
from pagekeep.archive.queue import LeaseLost
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.errors import BrowserDied, Conflict, EnvironmentProblem
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.status import CrawlStatus, ResultStatus, SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.listeners import listening
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.run_capture import run_capture
from pagekeep.services.upsert_snapshot import upsert_snapshot
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://example.com/"


@pytest.fixture
def owner() -> UUID:
    return uuid4()


@pytest.fixture
def snapshot(owner: UUID) -> Iterator[Snapshot]:
    add_urls([URL], user=None, tags=["kept"])
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    yield claimed
    snapshot_files(claimed.pk).remove()


def run(snapshot: Snapshot, owner: UUID, engine: FakeEngine) -> SnapshotStatus:
    return asyncio.run(run_capture(snapshot, owner, engine))


def claim_again(owner: UUID) -> Snapshot:
    Snapshot.objects.filter(status="queued").update(retry_at="2020-01-01T00:00Z")
    snapshot = queue.claim(owner, 60)
    assert snapshot is not None
    return snapshot


def test_a_page_is_kept_recorded_and_listed_in_its_manifest(snapshot: Snapshot, owner: UUID) -> None:
    assert run(snapshot, owner, FakeEngine()) == SnapshotStatus.SUCCEEDED
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.reason, snapshot.title) == ("succeeded", "", f"Title of {URL}")
    assert (snapshot.response_status, snapshot.final_url, snapshot.lease_owner) == (200, URL, None)
    assert snapshot.downloaded_at is not None
    results = list(snapshot.results.order_by("position"))
    assert tuple(row.plugin for row in results) == DEFAULT_PLUGINS
    assert {row.status for row in results} == {ResultStatus.SUCCEEDED}
    assert snapshot.num_results == len(DEFAULT_PLUGINS)
    assert snapshot.output_size == sum(row.output_size for row in results)
    pdf = next(row for row in results if row.plugin == "pdf")
    assert pdf.output_files["output.pdf"]["extension"] == "pdf"
    assert pdf.output_mimetypes == "application/pdf"
    manifest = snapshot_files(snapshot.pk).read_manifest()
    assert (manifest.status, manifest.title, manifest.tags) == (SnapshotStatus.SUCCEEDED, f"Title of {URL}", ("kept",))
    assert [entry.plugin for entry in manifest.results] == [*DEFAULT_PLUGINS, "log"]
    assert Crawl.objects.get().status == CrawlStatus.SEALED


def test_the_request_is_made_from_settings_and_crawl(owner: UUID) -> None:
    config: dict[str, object] = {"TIMEOUT": 7, "USER_AGENT": "Robot", "CHECK_SSL_VALIDITY": "false", "SAVE_PDF": False}
    config |= {"BEHAVIOURS": "scroll, cookies"}
    add_urls([URL], user=None, plugins=["title", "pdf"], allow_private=["127.0.0.1:9"], config=config)
    engine = FakeEngine()
    with listening("127.0.0.1", 8123):
        run(claim_again(owner), owner, engine)
    (request,) = engine.requests
    assert (request.plugins, request.allow_private) == (("title",), ("127.0.0.1:9",))
    assert (request.limits.open, request.identity.user_agent, request.check_certificates) == (7.0, "Robot", False)
    assert request.behaviours == ("cookies", "scroll")
    assert "127.0.0.1:8123" in request.refuse


def test_a_page_that_does_not_open_fails_with_its_reason_and_can_be_retried(snapshot: Snapshot, owner: UUID) -> None:
    assert run(snapshot, owner, FakeEngine(failures={URL: "No such host."})) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.reason, snapshot.retry_at) == ("failed", "No such host.", None)
    assert set(snapshot.results.values_list("status", flat=True)) == {"failed"}
    retry_snapshot(snapshot.pk)
    assert run(claim_again(owner), owner, FakeEngine()) == SnapshotStatus.SUCCEEDED
    snapshot.refresh_from_db()
    assert snapshot.reason == ""


def test_retry_keeps_what_succeeded(snapshot: Snapshot, owner: UUID) -> None:
    run(snapshot, owner, FakeEngine(failing_outputs={"pdf": "No printer."}))
    title = ArchiveResult.objects.get(plugin="title")
    assert ArchiveResult.objects.get(plugin="pdf").output_str == "No printer."
    retry_snapshot(snapshot.pk)
    engine = FakeEngine()
    run(claim_again(owner), owner, engine)
    assert engine.requests[0].plugins == ("pdf", "hashes")
    assert {result.plugin for result in engine.requests[0].kept} == set(DEFAULT_PLUGINS) - {"pdf", "hashes"}
    assert ArchiveResult.objects.get(plugin="title").modified_at == title.modified_at
    assert set(snapshot.results.values_list("status", flat=True)) == {"succeeded"}


def test_a_failed_retry_does_not_undo_what_is_kept(snapshot: Snapshot, owner: UUID) -> None:
    run(snapshot, owner, FakeEngine(failing_outputs={"pdf": "No printer."}))
    retry_snapshot(snapshot.pk)
    assert run(claim_again(owner), owner, FakeEngine(failures={URL: "No such host."})) == SnapshotStatus.SUCCEEDED
    snapshot.refresh_from_db()
    assert (snapshot.response_status, snapshot.title) == (200, f"Title of {URL}")
    assert snapshot.reason == "A later attempt to complete it failed: No such host."
    assert snapshot.results.get(plugin="pdf").status == ResultStatus.FAILED


def test_a_kept_error_page_is_not_replaced(snapshot: Snapshot, owner: UUID) -> None:
    assert run(snapshot, owner, FakeEngine(response_status=502)) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert (snapshot.response_status, snapshot.reason) == (502, "The server answered 502.")
    assert snapshot.results.get(plugin="dom").status == ResultStatus.SUCCEEDED
    with pytest.raises(Conflict, match="502"):
        retry_snapshot(snapshot.pk)


def test_an_edited_title_stays(snapshot: Snapshot, owner: UUID) -> None:
    upsert_snapshot(URL, user=None, crawl=snapshot.crawl, title="Mine")
    run(snapshot, owner, FakeEngine())
    snapshot.refresh_from_db()
    assert snapshot.title == "Mine"


def test_a_dead_browser_means_another_attempt_then_failure(snapshot: Snapshot, owner: UUID) -> None:
    engine = FakeEngine(failures={URL: BrowserDied("The browser ended while the page was open.")})
    assert run(snapshot, owner, engine) == SnapshotStatus.QUEUED
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.QUEUED
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert snapshot.reason == "The browser ended while the page was open. It was tried 3 times."
    assert not snapshot.results.filter(status__in=["queued", "started"]).exists()
    assert snapshot.results.get(plugin="title").status == ResultStatus.SUCCEEDED


def test_a_page_over_which_workers_die_ends_failed(owner: UUID) -> None:
    (added,) = add_urls([URL], user=None).snapshots
    for _ in range(3):
        assert queue.claim(uuid4(), -1) is not None
    snapshot = queue.claim(owner, 60)
    assert snapshot is not None
    engine = FakeEngine()
    assert run(snapshot, owner, engine) == SnapshotStatus.FAILED
    assert engine.requests == []
    added.refresh_from_db()
    assert "died over this page 3 times" in added.reason


def test_a_machine_without_browser_loses_nothing(snapshot: Snapshot, owner: UUID) -> None:
    with pytest.raises(EnvironmentProblem):
        run(snapshot, owner, FakeEngine(failures={URL: EnvironmentProblem("No browser.")}))
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.attempts) == (SnapshotStatus.QUEUED, 0)


def test_our_own_mistakes_end_in_a_sentence_too(snapshot: Snapshot, owner: UUID) -> None:
    assert run(snapshot, owner, FakeEngine(failures={URL: ZeroDivisionError("oops")})) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert "ZeroDivisionError: oops" in snapshot.reason


def test_a_cancelled_page_goes_back_uncounted(snapshot: Snapshot, owner: UUID) -> None:
    engine = FakeEngine(output_seconds=0.05)

    async def cancel_midway() -> None:
        task = asyncio.create_task(run_capture(snapshot, owner, engine))
        async with asyncio.timeout(10):
            while not await ArchiveResult.objects.filter(status="succeeded").aexists():  # noqa: ASYNC110 (no event tells)
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_midway())
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.attempts, snapshot.lease_owner) == (SnapshotStatus.QUEUED, 0, None)
    assert not snapshot.results.filter(status="started").exists()
    engine = FakeEngine()
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.SUCCEEDED
    assert "title" not in engine.requests[0].plugins


def test_what_is_removed_midway_leaves_nothing(snapshot: Snapshot, owner: UUID) -> None:
    class Removing(FakeEngine):
        async def _make(self, *arguments: object) -> object:  # type: ignore[override]
            if arguments[0] == "headers":
                await asyncio.to_thread(_remove, snapshot.pk)
            return await super()._make(*arguments)  # type: ignore[arg-type]

    with pytest.raises(LeaseLost):
        run(snapshot, owner, Removing())
    assert not ArchiveResult.objects.exists()
    assert not Path(snapshot_files(snapshot.pk).folder).exists()


def test_a_worker_that_lost_its_lease_writes_nothing_more(snapshot: Snapshot, owner: UUID) -> None:
    Snapshot.objects.update(retry_at="2020-01-01T00:00Z")
    taken = queue.claim(uuid4(), 60)
    assert taken is not None
    with pytest.raises(LeaseLost):
        run(snapshot, owner, FakeEngine())
    taken.refresh_from_db()
    assert (taken.status, taken.num_results) == (SnapshotStatus.STARTED, 0)


def test_an_attempt_that_lost_only_its_end_is_finished(snapshot: Snapshot, owner: UUID) -> None:
    run(snapshot, owner, FakeEngine())
    Snapshot.objects.update(status="queued", retry_at="2020-01-01T00:00Z", response_status=None)
    engine = FakeEngine()
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.SUCCEEDED
    assert engine.requests[0].plugins == ("hashes",)


def _remove(snapshot_id: UUID) -> None:

    try:
        remove_snapshots([snapshot_id])
    finally:
        connection.close()


class LedAstray(FakeEngine):
    """Answers as the real engine does for a page that redirects to a refused address: 302, its WARC kept, no page."""

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        outcome = await super().capture(replace(request, plugins=("headers", "warc")), sink, progress)
        return replace(outcome, succeeded=False, reason="It redirects to a refused address.", response_status=302)


def test_a_first_visit_that_failed_is_failed_whatever_was_kept(snapshot: Snapshot, owner: UUID) -> None:
    assert run(snapshot, owner, LedAstray()) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert snapshot.reason == "It redirects to a refused address."
    assert snapshot.results.filter(status=ResultStatus.SUCCEEDED).count() == 2


def test_a_failed_visit_is_made_anew_as_a_whole(snapshot: Snapshot, owner: UUID) -> None:
    run(snapshot, owner, LedAstray())
    retry_snapshot(snapshot.pk)
    engine = FakeEngine()
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.SUCCEEDED
    assert engine.requests[0].plugins == DEFAULT_PLUGINS
    snapshot.refresh_from_db()
    assert (snapshot.reason, snapshot.response_status) == ("", 200)


def test_a_wacz_brings_the_warc_it_packs(owner: UUID) -> None:
    add_urls([URL], user=None, plugins=["wacz"])
    engine = FakeEngine()
    assert run(claim_again(owner), owner, engine) == SnapshotStatus.SUCCEEDED
    assert engine.requests[0].plugins == ("warc", "wacz")


def test_a_stalled_worker_that_lost_its_lease_changes_nothing_on_disk(owner: UUID) -> None:
    add_urls([URL], user=None, plugins=["warc", "pdf"])
    stalled, other = owner, uuid4()
    snapshot = queue.claim(stalled, 0.0)
    assert snapshot is not None

    class Stalled(FakeEngine):
        async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
            await progress.step("pdf")
            taken = await sync_to_async(queue.claim)(other, 60)
            assert taken is not None
            assert await run_capture(taken, other, FakeEngine()) == SnapshotStatus.SUCCEEDED
            await asyncio.to_thread(sink.save, "pdf", "output.pdf", b"other bytes", "application/pdf")
            raise AssertionError("the stalled worker was allowed to write")

    with pytest.raises(LeaseLost):
        run(snapshot, stalled, Stalled())
    recorded = ArchiveResult.objects.get(plugin="pdf").output_files["output.pdf"]["sha256"]
    kept = snapshot_files(snapshot.pk).open("pdf", "output.pdf")
    assert kept.sha256 == recorded
    assert b"other" not in b"".join(kept)
