"""The log of a capture is a file of its snapshot and an entry of its manifest, and no result."""

import asyncio
from uuid import UUID, uuid4

import pytest
from django.test import Client

from pagekeep.archive import queue
from pagekeep.archive.models import Snapshot
from pagekeep.capture.testing import FakeEngine
from pagekeep.domain.errors import BrowserDied
from pagekeep.domain.results import Upload
from pagekeep.services.add_urls import add_urls
from pagekeep.services.renew_manifest import renew_manifest
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://me:hunter22@example.com/page?token=hunter22"


@pytest.fixture(autouse=True)
def _no_files_left() -> object:
    yield
    for pk in Snapshot.objects.values_list("pk", flat=True):
        snapshot_files(pk).remove()


def capture(engine: FakeEngine) -> Snapshot:
    Snapshot.objects.filter(status="queued").update(retry_at="2020-01-01T00:00Z")
    owner = uuid4()
    snapshot = queue.claim(owner, 60)
    assert snapshot is not None
    asyncio.run(run_capture(snapshot, owner, engine))
    return Snapshot.objects.get(pk=snapshot.pk)


def told(pk: UUID) -> list[str]:
    text = b"".join(snapshot_files(pk).open("log", "capture.log")).decode()
    return [line.partition("Z ")[2] for line in text.splitlines()]


def test_it_says_what_was_made_and_how_it_ended() -> None:
    add_urls([URL], user=None, plugins=["title", "pdf"])
    snapshot = capture(FakeEngine(failing_outputs={"pdf": "No printer."}))
    found = told(snapshot.pk)
    assert found[0] == "attempt 1 begins: https://example.com/page?token=redacted"
    assert found[1:3] == ["outputs to make: title, pdf", "open begins"]
    assert found[3].startswith("title succeeded after 0.")
    assert found[4].startswith("pdf failed after 0.")
    assert found[4].endswith("s: No printer.")
    assert found[5:] == ["attempt 1 ends: succeeded"]
    assert "hunter22" not in "".join(found)


def test_it_is_listed_in_the_manifest_and_no_result() -> None:
    add_urls([URL], user=None, plugins=["title"])
    snapshot = capture(FakeEngine())
    files = snapshot_files(snapshot.pk)
    entry = files.read_manifest().results[-1]
    (file,) = entry.files
    assert (entry.plugin, entry.status, file.path) == ("log", "succeeded", "capture.log")
    assert file.size == files.open("log", "capture.log").size
    assert set(snapshot.results.values_list("plugin", flat=True)) == {"title"}
    assert snapshot.num_results == 1
    files.add("mine", [Upload("notes.txt", "text/plain", b"mine")])
    renew_manifest(snapshot.pk)
    assert files.read_manifest().results[-1] == entry


def test_it_tells_of_every_attempt() -> None:
    add_urls([URL], user=None, plugins=["title"])
    url = Snapshot.objects.get().url
    snapshot = capture(FakeEngine(failures={url: BrowserDied("The browser ended.")}))
    assert snapshot.status == "queued"
    assert told(snapshot.pk)[-1] == "attempt 1 breaks off: The browser ended."
    capture(FakeEngine(failures={url: "No such host."}))
    retry_snapshot(snapshot.pk)
    capture(FakeEngine())
    ends = [line for line in told(snapshot.pk) if line.startswith("attempt")]
    assert [line.split(":")[0] for line in ends] == [
        *("attempt 1 begins", "attempt 1 breaks off", "attempt 2 begins", "attempt 2 ends"),
        *("attempt 1 begins", "attempt 1 ends"),
    ]


def test_a_file_of_a_client_in_its_place_stays() -> None:
    add_urls([URL], user=None, plugins=["title"])
    pk = Snapshot.objects.get().pk
    snapshot_files(pk).add("log", [Upload("capture.log", "text/plain", b"mine")])
    assert capture(FakeEngine()).status == "succeeded"
    assert b"".join(snapshot_files(pk).open("log", "capture.log")).startswith(b"mine")
    assert [entry.plugin for entry in snapshot_files(pk).read_manifest().results] == ["title"]


def test_the_page_of_a_snapshot_leads_to_it(admin_client: Client) -> None:
    add_urls([URL], user=None, plugins=["title"])
    pk = Snapshot.objects.get().pk
    address = f"/snapshot/{pk}/log/capture.log"
    assert address not in admin_client.get(f"/snapshot/{pk}/").content.decode()
    capture(FakeEngine())
    assert address in admin_client.get(f"/snapshot/{pk}/").content.decode()
    answer = admin_client.get(address)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"attempt 1 ends: succeeded" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
