"""What clients upload and what workers capture share a snapshot's folder; neither spoils the other's."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.errors import Conflict
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.results import Upload
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.run_capture import run_capture
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.upload_outputs import upload_outputs
from pagekeep.services.uploaded_result import Told
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://example.com/"
OWN = b"<p>what the person saw</p>"


@pytest.fixture
def snapshot() -> Iterator[Snapshot]:
    (added,) = add_urls([URL], user=None, tags=["kept"]).snapshots
    yield added
    snapshot_files(added.pk).remove()


def upload(snapshot_id: UUID, plugin: str, hook_name: str = "", path: str = "own.html") -> ArchiveResult:
    return upload_outputs(snapshot_id, plugin, hook_name, [Upload(path, "text/html", OWN)], Told())


def capture(engine: FakeEngine) -> SnapshotStatus:
    owner = uuid4()
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    return asyncio.run(run_capture(claimed, owner, engine))


def listed(snapshot: Snapshot) -> set[tuple[str, str]]:
    return {(row.plugin, row.hook_name) for row in snapshot_files(snapshot.pk).read_manifest().results}


def content(snapshot: Snapshot, plugin: str, path: str = "own.html") -> bytes:
    return b"".join(snapshot_files(snapshot.pk).open(plugin, path))


def test_what_was_uploaded_before_is_not_captured(snapshot: Snapshot) -> None:
    row = upload(snapshot.pk, "singlefile")
    assert listed(snapshot) == {("singlefile", "")}
    engine = FakeEngine()
    assert capture(engine) == SnapshotStatus.SUCCEEDED
    assert "singlefile" not in engine.requests[0].plugins
    assert set(engine.requests[0].plugins) == set(DEFAULT_PLUGINS) - {"singlefile"}
    assert content(snapshot, "singlefile") == OWN
    row.refresh_from_db()
    assert (row.status, list(row.output_files)) == (ResultStatus.SUCCEEDED, ["own.html"])
    assert listed(snapshot) == {(plugin, "") for plugin in (*DEFAULT_PLUGINS, "log")}


class UploadingEngine(FakeEngine):
    """While it captures, clients upload."""

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        snapshot_id = (await Snapshot.objects.aget()).pk
        with pytest.raises(Conflict, match="being captured right now"):
            await sync_to_async(upload)(snapshot_id, "pdf")
        await sync_to_async(upload)(snapshot_id, "pdf", "extension")
        await sync_to_async(upload)(snapshot_id, "notes")
        waiting = await sync_to_async(upload_outputs)(snapshot_id, "audio", "", [], Told())
        assert waiting.status == ResultStatus.STARTED
        return await super().capture(request, sink, progress)


def test_uploads_during_a_capture_are_in_its_manifest(snapshot: Snapshot) -> None:
    assert capture(UploadingEngine()) == SnapshotStatus.SUCCEEDED
    uploaded = {("pdf", "extension"), ("notes", ""), ("audio", "")}
    assert listed(snapshot) == {(plugin, "") for plugin in (*DEFAULT_PLUGINS, "log")} | uploaded
    assert content(snapshot, "pdf") == OWN
    assert ArchiveResult.objects.get(plugin="audio").status == ResultStatus.STARTED
    snapshot.refresh_from_db()
    assert snapshot.num_results == len(DEFAULT_PLUGINS) + 3
    assert snapshot.output_size == sum(ArchiveResult.objects.values_list("output_size", flat=True))


def test_a_visit_made_anew_keeps_what_was_uploaded(snapshot: Snapshot) -> None:
    engine = FakeEngine(failures={URL: "The server did not answer."})
    assert capture(engine) == SnapshotStatus.FAILED
    upload(snapshot.pk, "pdf", "extension")
    upload(snapshot.pk, "title", path="title.txt")
    retry_snapshot(snapshot.pk)
    assert capture(FakeEngine()) == SnapshotStatus.SUCCEEDED
    assert content(snapshot, "pdf") == OWN
    assert content(snapshot, "title", "title.txt") == OWN
    files = snapshot_files(snapshot.pk)
    assert {file.path for file in files.files("pdf")} == {"own.html", "output.pdf"}
    assert {("pdf", "extension"), ("pdf", ""), ("title", "")} <= listed(snapshot)


def test_cancelling_a_capture_cancels_no_upload(snapshot: Snapshot) -> None:
    row = upload_outputs(snapshot.pk, "notes", "", [], Told())
    seal_snapshots([snapshot.pk])
    row.refresh_from_db()
    assert row.status == ResultStatus.STARTED
    assert upload(snapshot.pk, "notes").status == ResultStatus.SUCCEEDED
    assert snapshot_files(snapshot.pk).read_manifest().status == SnapshotStatus.SEALED
