"""Recording a visit costs few statements: a worker pays them for every step and output of every page."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queue import LeaseLost
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.begin_attempt import begin_attempt
from pagekeep.services.end_attempt import finish_attempt, judge_attempt
from pagekeep.services.record_result import record_result, record_step
from pagekeep.services.run_capture import run_capture
from pagekeep.storage.manifest import Manifest

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(*plugins: str) -> tuple[UUID, Snapshot]:
    snapshot = add_urls(["https://example.com/"], user=None, plugins=list(plugins)).snapshots[0]
    owner = uuid4()
    queue.claim(owner, 60)
    return owner, snapshot


def statements(do: Callable[[], object]) -> int:
    """Return how many statements ``do`` runs, those that begin and end its transaction not counted."""
    with CaptureQueriesContext(connection) as seen:
        do()
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in seen)


def result(plugin: str) -> Result:
    return Result(plugin, ResultStatus.SUCCEEDED, "said", datetime.now(UTC), datetime.now(UTC))


def test_an_attempt_begins_in_the_same_number_of_statements_whatever_it_makes() -> None:
    counts = []
    for plugins in (("title",), ("title", "headers", "dom", "pdf", "warc")):
        owner, snapshot = claimed(*plugins)
        counts.append(statements(lambda owner=owner, snapshot=snapshot: begin_attempt(owner, snapshot.pk)))
        rows = ArchiveResult.objects.filter(snapshot=snapshot)
        assert set(rows.values_list("plugin", "status")) == {(name, ResultStatus.QUEUED) for name in plugins}
    assert counts[0] == counts[1]


def test_a_step_and_a_result_cost_few_statements() -> None:
    owner, snapshot = claimed("title")
    begin_attempt(owner, snapshot.pk)
    assert statements(lambda: record_step(owner, snapshot.pk, "settle")) == 1
    assert statements(lambda: record_step(owner, snapshot.pk, "title")) == 2
    assert ArchiveResult.objects.get().status == ResultStatus.STARTED
    assert statements(lambda: record_result(owner, snapshot.pk, result("title"))) == 2


def test_a_visit_costs_few_statements_beside_its_results() -> None:
    owner, snapshot = claimed("title")
    assert statements(lambda: begin_attempt(owner, snapshot.pk)) <= 6
    record_result(owner, snapshot.pk, result("title"))
    outcome = Outcome(True, "", 200, snapshot.url, "Title", (), {})
    ends: list[Manifest] = []
    assert statements(lambda: ends.append(judge_attempt(owner, snapshot.pk, outcome, ""))) <= 3
    assert statements(lambda: finish_attempt(owner, ends[0])) <= 5
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.num_results, snapshot.title) == ("succeeded", 1, "Title")


def test_who_has_lost_the_page_writes_no_result() -> None:
    owner, snapshot = claimed("title")
    begin_attempt(owner, snapshot.pk)
    with pytest.raises(LeaseLost):
        record_result(uuid4(), snapshot.pk, result("title"))
    assert ArchiveResult.objects.get().status == ResultStatus.QUEUED


def test_steps_are_recorded_once_they_last() -> None:
    """A step that is over at once costs no statement; one that goes on is seen while it does."""
    seen: list[str] = []

    class Watched(FakeEngine):
        async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
            await progress.step("open")
            await progress.step("settle")
            async with asyncio.timeout(20):
                while not seen:
                    async for step in Snapshot.objects.exclude(current_step="").values_list("current_step", flat=True):
                        seen.append(step)
                    await asyncio.sleep(0.01)
            return Outcome(True, "", 200, request.url, "", (), {})

    owner, snapshot = claimed("title")
    asyncio.run(run_capture(snapshot, owner, Watched()))
    assert seen == ["settle"]
    snapshot.refresh_from_db()
    assert snapshot.current_step == ""


def test_a_later_attempt_writes_the_same_row_anew() -> None:
    owner, snapshot = claimed("title")
    begin_attempt(owner, snapshot.pk)
    first = ArchiveResult.objects.get()
    record_result(owner, snapshot.pk, result("title"))
    again = ArchiveResult.objects.get()
    assert (again.pk, again.created_at, again.output_str) == (first.pk, first.created_at, "said")
    assert again.modified_at > first.modified_at
