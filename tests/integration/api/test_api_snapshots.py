from dataclasses import fields
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pagekeep.api.schemas.common import PagingQuery
from pagekeep.api.schemas.snapshots import PagedSnapshotSchema, SnapshotQuery, SnapshotSchema
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queries import SnapshotFilters
from pagekeep.services.add_urls import add_urls

LIST = "/api/v1/core/snapshots"
ONE = "/api/v1/core/snapshot/"
pytestmark = pytest.mark.django_db


def urls(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["url"] for item in response.json()["items"]]


def with_results(snapshot_id: str) -> None:
    for position, plugin in enumerate(["title", "pdf"]):
        ArchiveResult.objects.create(
            snapshot_id=snapshot_id,
            plugin=plugin,
            position=position,
            status="succeeded",
            output_str=f"{plugin}.out",
            output_files={f"{plugin}.out": {"size": 3, "mimetype": "text/plain", "extension": "out", "sha256": "00"}},
            created_at=timezone.now(),
        )


def test_every_filter_of_the_archive_is_a_parameter() -> None:
    filters = {field.name for field in fields(SnapshotFilters)}
    assert set(SnapshotQuery.model_fields) == filters | set(PagingQuery.model_fields) | {"with_archiveresults"}


def test_what_a_snapshot_is_made_of(api: Client, keeper: User, queued: list[str]) -> None:
    with_results(queued[0])
    content = api.get(ONE + queued[0]).json()
    assert list(content) == list(SnapshotSchema.model_fields)
    result_fields = list(SnapshotSchema.model_fields["archiveresults"].annotation.__args__[0].model_fields)  # type: ignore[union-attr]
    assert [list(result) for result in content["archiveresults"]] == [result_fields] * 2
    SnapshotSchema.model_validate(content)
    record = Snapshot.objects.get(pk=queued[0])
    expected = {
        "TYPE": "core.models.Snapshot",
        "id": queued[0],
        "crawl_id": str(record.crawl_id),
        "persona": "Default",
        "created_by_id": str(keeper.pk),
        "created_by_username": "keeper",
        "status": "queued",
        "url": "https://example.com/one",
        "tags": ["News"],
        "title": None,
        "timestamp": f"{record.bookmarked_at.timestamp():.6f}",
        "downloaded_at": None,
        "num_archiveresults": 0,
    }
    assert content.items() >= expected.items()
    assert [result["plugin"] for result in content["archiveresults"]] == ["title", "pdf"]
    for name in ("created_at", "modified_at", "bookmarked_at"):
        assert content[name].endswith("Z")
    path = content["archive_path"]
    assert path == record.archive_path
    assert not path.startswith("/")
    assert not set("?#") & set(path)
    assert ".." not in path


def test_a_snapshot_nobody_asked_for_over_the_network(api: Client) -> None:
    added = add_urls(["https://example.com/"], user=None)
    content = api.get(f"{ONE}{added.snapshots[0].pk}").json()
    SnapshotSchema.model_validate(content)
    assert (content["created_by_id"], content["created_by_username"]) == ("", "")


def test_the_envelope(api: Client, queued: list[str]) -> None:
    content = api.get(LIST).json()
    PagedSnapshotSchema.model_validate(content)
    assert set(content) == set(PagedSnapshotSchema.model_fields)
    items = content.pop("items")
    assert content == {
        "total_items": 3,
        "total_pages": 1,
        "page": 0,
        "limit": 200,
        "offset": 0,
        "num_items": 3,
        "count": 3,
    }
    assert [item["id"] for item in items] == queued[::-1]  # newest first
    assert all(item["archiveresults"] == [] for item in items)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", {"limit": 200, "offset": 0, "page": 0, "num_items": 7, "total_pages": 1}),
        ("limit=3", {"limit": 3, "offset": 0, "page": 0, "num_items": 3, "total_pages": 3}),
        ("limit=3&page=1", {"limit": 3, "offset": 3, "page": 1, "num_items": 3}),
        ("limit=3&page=2", {"limit": 3, "offset": 6, "page": 2, "num_items": 1}),
        ("limit=3&page=3", {"limit": 3, "offset": 9, "page": 3, "num_items": 0}),
        ("limit=3&offset=2&page=2", {"limit": 3, "offset": 2, "page": 0, "num_items": 3}),
        ("limit=3&offset=0&page=2", {"limit": 3, "offset": 6, "page": 2, "num_items": 1}),
        ("limit=501", {"limit": 500, "num_items": 7}),
        ("limit=1000000000000000000000&page=1", {"limit": 500, "offset": 500, "page": 1, "num_items": 0}),
        ("offset=100000000000000000000000", {"num_items": 0, "total_items": 7}),
    ],
)
def test_paging(api: Client, query: str, page: dict[str, int]) -> None:
    add_urls([f"https://example.com/{number}" for number in range(7)], user=None)
    response = api.get(f"{LIST}?{query}")
    assert response.status_code == 200
    content = response.json()
    assert content.items() >= page.items()
    assert len(content["items"]) == page["num_items"]
    assert content["total_items"] == 7


def test_pages_hold_every_snapshot_once(api: Client) -> None:
    add_urls([f"https://example.com/{number}" for number in range(7)], user=None)
    Snapshot.objects.update(status="sealed", retry_at=None)  # ties everywhere but in the id
    for sort in ("", "status", "-status", "title"):
        seen = [url for page in range(4) for url in urls(api.get(LIST, {"limit": 2, "page": page, "sort": sort}))]
        assert len(seen) == len(set(seen)) == 7


def test_an_empty_archive(api: Client) -> None:
    content = api.get(LIST).json()
    assert (content["total_items"], content["total_pages"], content["items"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("status=bogus", "queued, started, paused, succeeded, failed, sealed"),
        ("search_mode=bogus", "meta"),
        ("sort=bogus", "bookmarked_at"),
        ("sort=-", "sort"),
        ("created_at__gte=yesterday", "created_at__gte"),
        ("created_at__gte=nan", "created_at__gte"),
        ("created_at__gte=1e300", "created_at__gte"),
        ("created_at__gte=0001-01-01T00:00:00%2B14:00", "created_at__gte"),
        ("crawl_id=xyz", "crawl_id"),
        ("created_by_id=me", "created_by_id"),
        ("created_by_id=999999999999999999999999", "created_by_id"),
        ("with_archiveresults=perhaps", "with_archiveresults"),
    ],
)
def test_bad_parameters_are_named(api: Client, query: str, named: str) -> None:
    response = api.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert response.json()["message"].startswith("ValidationError: ")
    assert named in response.json()["errors"][0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"url": "https://example.com/one"}, {"one"}),
        ({"url": "example.com/one"}, set()),
        ({"url__icontains": "EXAMPLE.O"}, {"two"}),
        ({"url__istartswith": "HTTPS://EXAMPLE.N"}, {"three"}),
        ({"domain": "Example.com"}, {"one"}),
        ({"tag": "news"}, {"one", "two", "three"}),
        ({"tag": "new"}, set()),
        ({"title": "heiße"}, {"one"}),
        ({"status": "succeeded"}, {"one"}),
        ({"status": "queued"}, {"two", "three"}),
        ({"search": "TWO"}, {"two"}),
        ({"search": "titel", "search_mode": "meta"}, {"one"}),
        ({"search": "NEWS"}, {"one", "two", "three"}),
        ({"search": ""}, {"one", "two", "three"}),
        ({"created_by_username": "keeper"}, {"one", "two", "three"}),
        ({"created_by_username": "other"}, set()),
        ({"created_by_id": "999999999999999999"}, set()),
        ({"created_at__gte": "2020-01-01"}, {"one", "two", "three"}),
        ({"created_at__gte": "2999-01-01T00:00:00Z"}, set()),
        ({"created_at__lt": "2020-01-01T00:00:00+02:00"}, set()),
        ({"created_at__lt": ""}, {"one", "two", "three"}),
        ({"created_at__lt": "0.5"}, set()),
        ({"created_at__gte": "1577836800"}, {"one", "two", "three"}),
        ({"bookmarked_at__lt": "2999-01-01"}, {"one", "two", "three"}),
        ({"modified_at__gte": "2999-01-01"}, set()),
        ({"status": "queued", "domain": "example.org"}, {"two"}),
        ({"url": "\x00"}, set()),
    ],
)
def test_filters(api: Client, queued: list[str], query: dict[str, str], found: set[str]) -> None:
    Snapshot.objects.filter(pk=queued[0]).update(title="Eine heiße Titelzeile", status="succeeded", retry_at=None)
    assert {url.rpartition("/")[2] for url in urls(api.get(LIST, query))} == found


def test_filters_by_what_the_archive_gave(api: Client, keeper: User, queued: list[str]) -> None:
    one = api.get(ONE + queued[1]).json()
    others = add_urls(["https://example.com/other"], user=None)
    same_moment = {"created_at": one["created_at"], "bookmarked_at": one["bookmarked_at"]}
    for query in (
        {"id": queued[1]},
        {"id": queued[1].replace("-", "")},
        {"id": queued[1][9:]},
        {"id": one["timestamp"]},
        {"timestamp": one["timestamp"]},
        {"search": queued[1]},
        {"search": one["timestamp"]},
        {"modified_at": one["modified_at"], "url": one["url"]},
        same_moment,
    ):
        assert urls(api.get(LIST, query)) == ["https://example.org/two"], query
    assert len(urls(api.get(LIST, {"crawl_id": one["crawl_id"]}))) == 3
    assert urls(api.get(LIST, {"crawl_id": str(others.crawl.pk)})) == ["https://example.com/other"]
    assert len(urls(api.get(LIST, {"created_by_id": str(keeper.pk)}))) == 3


def test_sort(api: Client, queued: list[str]) -> None:
    ascending = urls(api.get(LIST, {"sort": "url"}))
    assert ascending == sorted(ascending)
    assert urls(api.get(LIST, {"sort": "-url"})) == ascending[::-1]
    assert [item["id"] for item in api.get(LIST, {"sort": "created_at"}).json()["items"]] == queued


def test_lists_with_results(api: Client, queued: list[str]) -> None:
    with_results(queued[2])
    items = api.get(LIST, {"with_archiveresults": "true"}).json()["items"]
    assert [len(item["archiveresults"]) for item in items] == [2, 0, 0]
    assert api.get(ONE + queued[2], {"with_archiveresults": "0"}).json()["archiveresults"] == []


@pytest.mark.parametrize(("query", "statements"), [({}, 4), ({"with_archiveresults": "1", "search": "example"}, 6)])
def test_a_list_costs_the_same_whatever_its_length(
    api: Client, query: dict[str, str], statements: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.get(LIST)  # notes the use of the token
    for number in (5, 195):
        added = add_urls([f"https://example.com/{number}/{index}" for index in range(number)], user=None, tags=["Many"])
        with_results(str(added.snapshots[0].pk))
        with django_assert_num_queries(statements):
            assert len(api.get(LIST, query).json()["items"]) in (5, 200)


def test_a_list_does_not_read_the_urls_of_crawls(api: Client, django_assert_num_queries: Any) -> None:
    add_urls(["https://example.com/"], user=None)
    api.get(LIST)  # notes the use of the token
    with django_assert_num_queries(4) as captured:
        api.get(LIST)
    assert not any('"archive_crawl"."urls"' in query["sql"] for query in captured.captured_queries)


def test_references(api: Client, queued: list[str]) -> None:
    record = Snapshot.objects.get(pk=queued[0])
    for reference in (
        queued[0],
        queued[0].replace("-", ""),
        queued[0].upper(),
        queued[0][:-1],
        record.timestamp,
        record.bookmarked_at.isoformat(),
    ):
        assert api.get(ONE + reference).json()["id"] == queued[0], reference


@pytest.mark.parametrize(
    ("reference", "status", "kind"),
    [
        ("{shared}", 400, "ValidationError: "),
        ("00000000-0000-7000-8000-000000000000", 404, "ObjectDoesNotExist: "),
        ("nonsense", 404, "ObjectDoesNotExist: "),
        ("1.5", 404, "ObjectDoesNotExist: "),
        ("' OR 1=1", 404, "ObjectDoesNotExist: "),
        ("%2e%2e", 404, "ObjectDoesNotExist: "),
    ],
)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_references_that_name_nothing_or_several(
    api: Client, method: str, reference: str, status: int, kind: str
) -> None:
    crawl = add_urls(["https://example.com/"], user=None).crawl
    for index in range(3):
        Snapshot.objects.create(
            id=UUID(f"01990000-0000-7000-8000-00000000000{index}"),
            crawl=crawl,
            url="https://example.com/",
            timestamp=f"{index}.000000",
            status="sealed",
            created_at=timezone.now(),
            bookmarked_at=timezone.now(),
        )
    path = ONE + reference.format(shared="01990000")
    response = api.generic(method.upper(), path, "{}", content_type="application/json")
    assert response.status_code == status
    assert response.json()["message"].startswith(kind)
    if status == 400:
        assert "3 snapshots" in response.json()["errors"][0]
    assert Snapshot.objects.count() == 4
