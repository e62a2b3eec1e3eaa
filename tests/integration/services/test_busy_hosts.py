"""Servers that answer 429 or 503 are asked later and less often."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.lanes import lanes_anew
from pagekeep.archive.models import ArchiveResult, Crawl, Host, Lane, Snapshot
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.errors import BrowserDied, NotFound
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.begin_attempt import begin_attempt
from pagekeep.services.keep_log import begin_log
from pagekeep.services.recording import Recording
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://busy.test/"


@pytest.fixture
def snapshot() -> Iterator[Snapshot]:
    (added,) = add_urls([URL], user=None, plugins=["title", "dom"]).snapshots
    yield added
    snapshot_files(added.pk).remove()


class Busy(FakeEngine):
    """Is answered 429 or 503, with ``Retry-After`` where it is given."""

    def __init__(self, status: int = 429, retry_after: float | None = None, final_url: str = URL) -> None:
        super().__init__(response_status=status)
        self._retry_after, self._final_url = retry_after, final_url

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        outcome = await super().capture(request, sink, progress)
        return replace(outcome, retry_after=self._retry_after, final_url=self._final_url)


def visit(engine: FakeEngine) -> SnapshotStatus:
    """Let the time come at which a page may be claimed, and capture it."""
    Host.objects.update(slow_until=None, delay=None)
    Snapshot.objects.filter(status="queued").update(retry_at=timezone.now())
    Lane.objects.update(wakes_at=None)
    owner = uuid4()
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    return asyncio.run(run_capture(claimed, owner, engine))


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again_when_it_wants_to_be(snapshot: Snapshot, status: int) -> None:
    before = timezone.now()
    assert visit(Busy(status, retry_after=120.0)) == SnapshotStatus.QUEUED
    snapshot.refresh_from_db()
    assert snapshot.retry_at is not None
    assert timedelta(seconds=120) <= snapshot.retry_at - before < timedelta(seconds=180)
    assert snapshot.reason.startswith(f"The server answered {status}. It was tried once; the next attempt is due at 2")
    host = Host.objects.get()
    assert (host.name, host.delay) == ("busy.test", 1.0)
    assert host.slow_until is not None
    assert abs(host.slow_until - snapshot.retry_at) < timedelta(seconds=30)


def test_nothing_of_a_busy_answer_is_left(snapshot: Snapshot) -> None:
    assert visit(Busy()) == SnapshotStatus.QUEUED
    assert set(ArchiveResult.objects.values_list("status", "output_size", "output_str")) == {("queued", 0, "")}
    with pytest.raises(NotFound):
        snapshot_files(snapshot.pk).open("dom", "output.html")
    engine = FakeEngine()
    assert visit(engine) == SnapshotStatus.SUCCEEDED
    assert engine.requests[0].plugins == ("title", "dom")
    snapshot.refresh_from_db()
    assert (snapshot.attempts, snapshot.reason, snapshot.response_status) == (2, "", 200)


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("died", [{URL: BrowserDied("With the worker.")}, {}], ids=["after its first output", "last"])
def test_a_worker_that_dies_over_an_error_page_leaves_no_half_of_a_page(
    snapshot: Snapshot, status: int, died: dict[str, Exception | str]
) -> None:
    owner = uuid4()
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    files = snapshot_files(snapshot.pk)
    progress = Recording(owner, claimed, files, begin_log(files))
    dying = FakeEngine(response_status=status, failures=died)
    with suppress(BrowserDied):
        asyncio.run(dying.capture(begin_attempt(owner, snapshot.pk), files, progress))
    assert ArchiveResult.objects.filter(status="succeeded").count() == (1 if died else 2)
    Snapshot.objects.update(lease_owner=None, status="queued")  # as `queue` does once a lease is over

    engine = FakeEngine()
    assert visit(engine) == SnapshotStatus.SUCCEEDED
    assert (engine.requests[0].plugins, engine.requests[0].kept) == (("title", "dom"), ())
    snapshot.refresh_from_db()
    assert (snapshot.attempts, snapshot.response_status) == (2, 200)


def test_a_host_that_stays_busy_fails_the_page_and_its_answer_is_kept(snapshot: Snapshot) -> None:
    assert visit(Busy(503)) == SnapshotStatus.QUEUED
    assert visit(Busy(503)) == SnapshotStatus.QUEUED
    assert visit(Busy(503)) == SnapshotStatus.FAILED
    snapshot.refresh_from_db()
    assert snapshot.reason == "The server answered 503. It was tried 3 times."
    assert snapshot.response_status == 503
    assert b"".join(snapshot_files(snapshot.pk).open("dom", "output.html"))


def test_the_host_that_answered_is_slowed_down_and_not_the_one_that_led_there(snapshot: Snapshot) -> None:
    visit(Busy(final_url="https://other.test/limit"))
    assert dict(Host.objects.values_list("name", "delay")) == {"busy.test": None, "other.test": 1.0}


@pytest.mark.parametrize("depth", [0, 1])
def test_where_redirects_led_was_visited_too(snapshot: Snapshot, depth: int) -> None:
    Crawl.objects.update(config={"OBEY_ROBOTS": False})
    Snapshot.objects.update(depth=depth)
    lanes_anew()
    Host.objects.create(name="other.test", visited_at=timezone.now() - timedelta(days=1))
    before = timezone.now()
    assert visit(Busy(200, final_url="https://other.test/")) == SnapshotStatus.SUCCEEDED
    host = Host.objects.get(name="other.test")
    assert host.visited_at >= before
    assert (host.followed_at is not None) == (depth > 0)


def test_good_answers_let_a_host_recover(snapshot: Snapshot) -> None:
    visit(Busy())
    Host.objects.update(delay=10.0)
    owner = uuid4()
    Host.objects.update(slow_until=None, visited_at=timezone.now() - timedelta(seconds=11))
    Lane.objects.update(wakes_at=None)
    Snapshot.objects.update(retry_at=timezone.now())
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    assert asyncio.run(run_capture(claimed, owner, FakeEngine())) == SnapshotStatus.SUCCEEDED
    delay = Host.objects.get().delay
    assert delay is not None
    assert delay < 10


def test_after_the_browser_died_the_reason_says_when_it_is_tried_again(snapshot: Snapshot) -> None:
    before = timezone.now()
    assert visit(FakeEngine(failures={URL: BrowserDied("The browser ended.")})) == SnapshotStatus.QUEUED
    snapshot.refresh_from_db()
    assert snapshot.reason.startswith("The browser ended. It was tried once; the next attempt is due at ")
    assert snapshot.retry_at is not None
    assert snapshot.retry_at - before < timedelta(seconds=30)
    assert Host.objects.get().delay is None
