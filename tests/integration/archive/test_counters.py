"""The counters that lists take their totals from are right whoever changes the records, and however."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, models
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.counters import count_anew
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, StatusCount, Tag
from pagekeep.archive.queries import (
    ResultFilters,
    SnapshotFilters,
    count_results,
    count_snapshots,
    list_results,
    list_snapshots,
)
from pagekeep.archive.totals import archive_counts
from pagekeep.archive.triggers import ensure_triggers, install_triggers, remove_triggers
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.search.triggers import make_triggers as make_search_triggers
from pagekeep.services.add_urls import add_urls
from pagekeep.services.record_result import put_results
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.services.tagging import ensure_tags

pytestmark = pytest.mark.django_db
THROUGH = Snapshot.tags.through


@pytest.fixture
def ids() -> list[UUID]:
    """Ids of four snapshots of two crawls with tags and results; the last one is hidden."""
    first = add_urls([f"https://example.com/{number}" for number in range(3)], user=None, tags=["Two words", "one"])
    second = add_urls(["https://example.org/"], user=None, tags=["one"])
    found = [snapshot.pk for snapshot in (*first.snapshots, *second.snapshots)]
    for number, snapshot_id in enumerate(found):
        give_results(snapshot_id, number + 1)
    remove_snapshots(found[-1:], delete=False)
    return found


def give_results(snapshot_id: UUID, number: int) -> None:
    for index in range(number):
        ArchiveResult.objects.create(
            snapshot_id=snapshot_id,
            created_at=timezone.now(),
            plugin=f"plugin{index}",
            status=ResultStatus.SUCCEEDED if index else ResultStatus.FAILED,
            output_size=100 + index,
        )


def assert_right() -> None:
    """Compare every counter with what the tables hold, counted here in another way."""
    listed = list(Snapshot.objects.filter(hidden=False))
    results = list(ArchiveResult.objects.filter(snapshot__in=listed))
    for kind, rows, statuses in (("snapshot", listed, SnapshotStatus), ("result", results, ResultStatus)):
        numbers, sizes = Counter[str](), Counter[str]()
        for row in rows:
            numbers[row.status] += 1
            sizes[row.status] += row.output_size
        kept = {count.status: (count.number, count.output_size) for count in StatusCount.objects.filter(kind=kind)}
        assert kept == {status.value: (numbers[status], sizes[status]) for status in statuses}
    links = Counter(THROUGH.objects.filter(snapshot__in=listed).values_list("tag_id", flat=True))
    assert {tag.pk: tag.num_snapshots for tag in Tag.objects.all()} == {
        tag.pk: links[tag.pk] for tag in Tag.objects.all()
    }
    assert not count_anew()


def claim(ids: list[UUID]) -> None:
    assert queue.claim(new_id(), 60) is not None


CHANGES: dict[str, Callable[[list[UUID]], object]] = {
    "nothing": lambda ids: None,
    "claiming": claim,
    "sealing": seal_snapshots,
    "hiding": lambda ids: remove_snapshots(ids[:2], delete=False),
    "hiding what is hidden": lambda ids: remove_snapshots(ids[3:], delete=False),
    "showing": lambda ids: Snapshot.objects.filter(pk=ids[3]).update(hidden=False),
    "hiding with another status": lambda ids: Snapshot.objects.filter(pk=ids[0]).update(
        hidden=True, status="paused", retry_at=None, output_size=7
    ),
    "showing with another status": lambda ids: Snapshot.objects.filter(pk=ids[3]).update(
        hidden=False, status="paused", output_size=7
    ),
    "removing": lambda ids: remove_snapshots(ids[:2]),
    "removing what is hidden": lambda ids: remove_snapshots(ids[3:]),
    "removing a crawl": lambda ids: Crawl.objects.get(snapshots=ids[0]).delete(),
    "removing a crawl whose snapshot is hidden": lambda ids: Crawl.objects.get(snapshots=ids[3]).delete(),
    "removing everything": lambda ids: Crawl.objects.all().delete(),
    "many at once": lambda ids: Snapshot.objects.update(status="succeeded", retry_at=None, output_size=9),
    "saving a whole record": lambda ids: Snapshot.objects.get(pk=ids[0]).save(),
    "results anew": lambda ids: put_results(ids[0], {"plugin0": {"status": "succeeded", "output_size": 5}, "new": {}}),
    "results of a hidden one": lambda ids: give_results_more(ids[3]),
    "removing results": lambda ids: ArchiveResult.objects.filter(plugin="plugin0").delete(),
    "giving results to another": lambda ids: ArchiveResult.objects.filter(snapshot=ids[2], plugin="plugin2").update(
        snapshot=ids[3], plugin="other"
    ),
    "tagging": lambda ids: Snapshot.objects.get(pk=ids[0]).tags.set(ensure_tags(["one", "new"], None)),
    "tagging twice": lambda ids: THROUGH.objects.bulk_create(
        [THROUGH(snapshot_id=ids[0], tag=Tag.objects.get(key="one"))], ignore_conflicts=True
    ),
    "tagging a hidden one": lambda ids: Snapshot.objects.get(pk=ids[3]).tags.set(ensure_tags(["new"], None)),
    "removing a tag": lambda ids: Tag.objects.get(key="one").delete(),
    "making one tag of two": lambda ids: THROUGH.objects.filter(tag__key="two words").update(
        tag=ensure_tags(["third"], None)[0]
    ),
    "renaming a tag": lambda ids: Tag.objects.filter(key="one").update(key="another", name="Another"),
}


def give_results_more(snapshot_id: UUID) -> None:
    ArchiveResult.objects.create(snapshot_id=snapshot_id, created_at=timezone.now(), plugin="more", output_size=3)


@pytest.mark.parametrize("name", CHANGES)
def test_counters_follow(name: str, ids: list[UUID]) -> None:
    assert_right()
    CHANGES[name](ids)
    assert_right()


def test_rows_left_when_their_snapshot_goes_are_counted_out_once(ids: list[UUID]) -> None:
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        if connection.vendor == "sqlite":  # PostgreSQL's are made to wait for the transaction's end
            cursor.execute("PRAGMA defer_foreign_keys=ON")
        cursor.execute("DELETE FROM archive_snapshot WHERE id = %s", [ids[0].hex])
        cursor.execute("DELETE FROM archive_archiveresult WHERE snapshot_id = %s", [ids[0].hex])
        cursor.execute("DELETE FROM archive_snapshot_tags WHERE snapshot_id = %s", [ids[0].hex])
    assert_right()


def test_wrong_counters_are_found_and_put_right(ids: list[UUID]) -> None:
    StatusCount.objects.filter(kind="snapshot", status="queued").update(number=1000)
    Tag.objects.filter(key="one").update(num_snapshots=1000)
    assert count_anew()
    assert_right()


def test_an_archive_that_lost_its_triggers_gets_them_back_and_is_counted(ids: list[UUID]) -> None:
    remove_triggers()
    StatusCount.objects.all().delete()
    Tag.objects.update(num_snapshots=7)
    add_urls(["https://example.net/"], user=None, tags=["new"])
    ensure_triggers()
    assert_right()
    add_urls(["https://example.net/again"], user=None, tags=["newer"])
    assert_right()


def test_triggers_that_are_there_stay(ids: list[UUID], django_assert_num_queries: Callable[[int], object]) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        ensure_triggers()


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_rebuild_what_triggers_name(ids: list[UUID]) -> None:
    field = Snapshot._meta.get_field("current_step")
    longer = models.CharField(max_length=65, blank=True, default="")
    longer.set_attributes_from_name("current_step")
    longer.model = Snapshot
    remove_triggers()
    with connection.schema_editor() as editor:
        editor.alter_field(Snapshot, field, longer)
        editor.alter_field(Snapshot, longer, field)
    install_triggers()
    make_search_triggers()
    remove_snapshots(ids[:1])
    assert_right()


@pytest.mark.parametrize(
    "filters",
    [
        SnapshotFilters(),
        SnapshotFilters(sort="-url", search_mode="meta"),
        SnapshotFilters(status="queued"),
        SnapshotFilters(status="succeeded"),
        SnapshotFilters(tag=" ONE"),
        SnapshotFilters(tag="two words", status="queued"),
        SnapshotFilters(tag="nobody's"),
        SnapshotFilters(domain="example.com"),
    ],
)
def test_totals_are_those_of_the_list(filters: SnapshotFilters, ids: list[UUID]) -> None:
    assert count_snapshots(filters) == list_snapshots(filters).count()


@pytest.mark.parametrize("filters", [ResultFilters(), ResultFilters(status="failed"), ResultFilters(plugin="plugin0")])
def test_totals_of_results_are_those_of_the_list(filters: ResultFilters, ids: list[UUID]) -> None:
    assert count_results(filters) == list_results(filters).count() > 0


def test_the_archive_at_a_glance(ids: list[UUID]) -> None:
    Snapshot.objects.filter(pk=ids[0]).update(status="succeeded", retry_at=None, output_size=500)
    counts = archive_counts()
    assert counts.snapshots == 3
    assert counts.by_status == {**dict.fromkeys(SnapshotStatus, 0), "queued": 2, "succeeded": 1}
    assert (counts.results, counts.output_size, counts.active_crawls) == (6, 500, 1)
    assert counts.oldest_queued_at == Snapshot.objects.get(pk=ids[1]).retry_at
