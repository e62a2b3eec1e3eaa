from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queries import (
    ResultFilters,
    SnapshotFilters,
    archive_counts,
    find_crawl,
    find_result,
    find_snapshot,
    list_results,
    list_snapshots,
)
from pagekeep.archive.references import timestamp_of
from pagekeep.domain.errors import AmbiguousReference, BadInput, NotFound
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.add_urls import Added, add_urls


@pytest.fixture
def added(db: None) -> Added:
    user = User.objects.create_superuser("keeper")
    urls = ["https://example.com/One", "https://example.org/two", "https://sub.example.com/three"]
    added = add_urls(urls, user=user, tags=["News", "Ärger mit Ämtern"])
    Snapshot.objects.filter(pk=added.snapshots[0].pk).update(title="A Title", status="succeeded", retry_at=None)
    for snapshot in added.snapshots:
        for position, plugin in enumerate(("title", "pdf")):
            ArchiveResult.objects.create(
                snapshot=snapshot,
                plugin=plugin,
                position=position,
                status=ResultStatus.SUCCEEDED,
                output_str=f"{plugin}.out",
                created_at=snapshot.created_at,
            )
    return added


def urls_of(filters: SnapshotFilters) -> list[str]:
    return [snapshot.url for snapshot in list_snapshots(filters)]


def test_lists_cost_a_constant_number_of_statements(
    added: Added, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_urls([f"https://many.test/{number}" for number in range(50)], user=None, tags=["many"])
    with django_assert_num_queries(2):
        for snapshot in list_snapshots():
            assert [tag.name for tag in snapshot.tags.all()]
            _ = snapshot.crawl.created_by and snapshot.crawl.created_by.username
    with django_assert_num_queries(3):
        for snapshot in list_snapshots(with_results=True):
            _ = [result.plugin for result in snapshot.results.all()]
    with django_assert_num_queries(2):
        for result in list_results():
            _ = [tag.name for tag in result.snapshot.tags.all()], result.snapshot.crawl.created_by
    with django_assert_num_queries(3):
        archive_counts()
    with django_assert_num_queries(3):
        find_snapshot(str(added.snapshots[0].pk))


def test_newest_come_first_and_results_in_their_order(added: Added) -> None:
    found = list(list_snapshots(with_results=True))
    assert [snapshot.pk for snapshot in found] == [snapshot.pk for snapshot in reversed(added.snapshots)]
    assert [result.plugin for result in found[0].results.all()] == ["title", "pdf"]
    assert urls_of(SnapshotFilters(sort="url"))[0] == "https://example.com/One"


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        (SnapshotFilters(url="https://example.org/two"), 1),
        (SnapshotFilters(url="https://example.org/"), 0),
        (SnapshotFilters(url__icontains="EXAMPLE.COM"), 2),
        (SnapshotFilters(domain="Example.com"), 1),
        (SnapshotFilters(tag="news"), 3),
        (SnapshotFilters(tag="ÄRGER MIT ÄMTERN"), 3),
        (SnapshotFilters(tag="new"), 0),
        (SnapshotFilters(title="title"), 1),
        (SnapshotFilters(status="queued"), 2),
        (SnapshotFilters(created_by_username="keeper"), 3),
        (SnapshotFilters(created_by_username="other"), 0),
        (SnapshotFilters(search="a tit"), 1),
        (SnapshotFilters(search="ärger"), 3),
        (SnapshotFilters(search="THREE", search_mode="meta"), 1),
        (SnapshotFilters(search=""), 3),
        (SnapshotFilters(bookmarked_at__gte=datetime(2100, 1, 1, tzinfo=UTC)), 0),
        (SnapshotFilters(created_at__lt=datetime(2100, 1, 1, tzinfo=UTC)), 3),
    ],
)
def test_snapshot_filters(added: Added, filters: SnapshotFilters, number: int) -> None:
    assert len(urls_of(filters)) == number


def test_filters_by_reference(added: Added) -> None:
    snapshot = added.snapshots[1]
    user = added.crawl.created_by
    assert user is not None
    for filters in (
        SnapshotFilters(id=str(snapshot.pk)),
        SnapshotFilters(id=str(snapshot.pk)[-12:]),
        SnapshotFilters(id=snapshot.timestamp),
        SnapshotFilters(timestamp=snapshot.timestamp),
        SnapshotFilters(search=snapshot.pk.hex),
    ):
        assert urls_of(filters) == [snapshot.url]
    assert len(urls_of(SnapshotFilters(crawl_id=added.crawl.pk.hex, created_by_id=str(user.pk)))) == 3
    assert list_results(ResultFilters(snapshot_id=str(snapshot.pk))).count() == 2
    assert list_results(ResultFilters(snapshot_id=snapshot.pk.hex)).count() == 2


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        (ResultFilters(plugin="pdf"), 3),
        (ResultFilters(extractor="pdf"), 3),
        (ResultFilters(output="pdf.out"), 3),
        (ResultFilters(status="failed"), 0),
        (ResultFilters(snapshot_url="https://example.org/two"), 2),
        (ResultFilters(snapshot_tag="News"), 6),
        (ResultFilters(search="three"), 2),
        (ResultFilters(created_at__gte=datetime(2100, 1, 1, tzinfo=UTC)), 0),
    ],
)
def test_result_filters(added: Added, filters: ResultFilters, number: int) -> None:
    assert list_results(filters).count() == number


@pytest.mark.parametrize(
    "filters",
    [
        SnapshotFilters(status="bogus"),
        SnapshotFilters(search_mode="bogus"),
        SnapshotFilters(crawl_id="bogus"),
        SnapshotFilters(created_by_id="bogus"),
        ResultFilters(status="bogus"),
        ResultFilters(process_id="bogus"),
    ],
)
def test_unknown_values_are_refused_by_name(filters: SnapshotFilters | ResultFilters) -> None:
    with pytest.raises(BadInput, match="bogus"):
        filters.condition()


def test_unknown_sort_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="bookmarked_at"):
        list_snapshots(SnapshotFilters(sort="created_by__password"))


def test_hidden_snapshots_are_in_no_list(added: Added) -> None:
    Snapshot.objects.filter(pk=added.snapshots[0].pk).update(hidden=True)
    assert len(urls_of(SnapshotFilters())) == 2
    assert list_results().count() == 4
    assert archive_counts().snapshots == 2


def test_references(added: Added) -> None:
    snapshot = added.snapshots[0]
    iso = snapshot.bookmarked_at.isoformat()
    for reference in (str(snapshot.pk), snapshot.pk.hex, str(snapshot.pk)[:-1], snapshot.timestamp, iso):
        assert find_snapshot(reference).pk == snapshot.pk
    assert find_snapshot(iso.replace("+00:00", "Z")).pk == snapshot.pk
    assert find_crawl(str(added.crawl.pk)).pk == added.crawl.pk
    result = ArchiveResult.objects.first()
    assert result is not None
    assert find_result(result.pk.hex).pk == result.pk


def test_short_timestamp_is_never_a_guess(added: Added) -> None:
    whole_seconds = added.snapshots[0].timestamp.partition(".")[0]
    Snapshot.objects.exclude(pk=added.snapshots[0].pk).delete()
    assert find_snapshot(whole_seconds).pk == added.snapshots[0].pk


def test_the_first_digits_of_a_timestamp_are_no_timestamp(added: Added) -> None:
    for digits in ("1", added.snapshots[0].timestamp[:6]):
        with pytest.raises(NotFound):
            find_snapshot(digits)


def test_ambiguous_reference_tells_how_many(added: Added) -> None:
    with pytest.raises(AmbiguousReference, match="3 snapshots"):
        find_snapshot(added.snapshots[0].pk.hex[:4])


@pytest.mark.parametrize("reference", ["", "zzz", "ffffffff", "1.5", "2001-01-01", "../etc", "%", "0" * 40])
def test_unknown_reference(added: Added, reference: str) -> None:
    with pytest.raises(NotFound):
        find_snapshot(reference)


def test_counts(added: Added) -> None:
    counts = archive_counts()
    assert counts.snapshots == 3
    assert counts.by_status[SnapshotStatus.QUEUED] == 2
    assert counts.by_status[SnapshotStatus.FAILED] == 0
    assert counts.active_crawls == 1
    assert counts.oldest_queued_at == added.snapshots[1].retry_at


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2001, 9, 9, 2), max_value=datetime(2286, 1, 1)))
def test_timestamps_are_exact_and_sort_like_time(moment: datetime) -> None:
    text = timestamp_of(moment)
    assert len(text) == 17
    assert text < timestamp_of(moment + timedelta(microseconds=1))


@pytest.mark.sqlite  # PostgreSQL reads a table of three rows as it lies
def test_list_and_claim_walk_an_index_and_leave_long_texts(added: Added) -> None:
    newest = list_snapshots()[:200]
    assert "snapshot_newest" in newest.explain()
    assert "crawl.urls" not in str(newest.query).replace('"', "").replace("archive_", "")
    due = Snapshot.objects.filter(retry_at__lte=datetime(2100, 1, 1, tzinfo=UTC)).order_by("retry_at", "id")[:1]
    assert "snapshot_claim" in due.explain()


@pytest.mark.parametrize(
    "filters",
    [SnapshotFilters(sort="-"), SnapshotFilters(created_by_id="9" * 30), SnapshotFilters(created_by_id="²")],
)
def test_values_no_database_can_take_are_refused(filters: SnapshotFilters) -> None:
    with pytest.raises(BadInput):
        list(list_snapshots(filters))
