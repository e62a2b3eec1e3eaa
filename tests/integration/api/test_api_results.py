from dataclasses import fields
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pagekeep.api.schemas.common import PagingQuery
from pagekeep.api.schemas.results import ArchiveResultQuery, ArchiveResultSchema, PagedArchiveResultSchema
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.queries import ResultFilters
from pagekeep.services.add_urls import add_urls

LIST = "/api/v1/core/archiveresults"
ONE = "/api/v1/core/archiveresult/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def results(queued: list[str]) -> list[ArchiveResult]:
    """The title and the PDF of each of three snapshots, oldest first; the last PDF failed."""
    made = [
        ArchiveResult.objects.create(
            snapshot_id=snapshot_id,
            plugin=plugin,
            status="failed" if (plugin, index) == ("pdf", 2) else "succeeded",
            output_str=f"{plugin} number {index}",
            output_files={"a.txt": {"size": 3, "mimetype": "text/plain", "extension": "txt", "sha256": "00"}},
            output_size=3,
            created_at=timezone.now(),
        )
        for index, snapshot_id in enumerate(queued)
        for plugin in ("title", "pdf")
    ]
    return made


def test_every_filter_of_the_archive_is_a_parameter() -> None:
    assert set(ArchiveResultQuery.model_fields) == {field.name for field in fields(ResultFilters)} | set(
        PagingQuery.model_fields
    )


def test_what_a_result_is_made_of(api: Client, results: list[ArchiveResult], queued: list[str]) -> None:
    content = api.get(f"{ONE}{results[0].pk}").json()
    ArchiveResultSchema.model_validate(content)
    assert list(content) == list(ArchiveResultSchema.model_fields)
    expected = {
        "TYPE": "core.models.ArchiveResult",
        "id": str(results[0].pk),
        "created_by_username": "keeper",
        "status": "succeeded",
        "plugin": "title",
        "extractor": "title",
        "output_str": "title number 0",
        "output": "title number 0",
        "output_files": {"a.txt": {"size": 3, "mimetype": "text/plain", "extension": "txt", "sha256": "00"}},
        "output_size": 3,
        "cmd": None,
        "pwd": None,
        "snapshot_id": queued[0],
        "snapshot_url": "https://example.com/one",
        "snapshot_timestamp": Snapshot.objects.get(pk=queued[0]).timestamp,
        "snapshot_tags": ["News"],
    }
    assert content.items() >= expected.items()


def test_the_list_is_newest_first(api: Client, results: list[ArchiveResult]) -> None:
    content = api.get(LIST).json()
    PagedArchiveResultSchema.model_validate(content)
    assert [item["id"] for item in content["items"]] == [str(result.pk) for result in results[::-1]]
    page = api.get(LIST, {"limit": 4, "page": 1}).json()
    assert (page["num_items"], page["offset"], page["total_pages"]) == (2, 4, 2)


def test_the_order_can_be_chosen(api: Client, results: list[ArchiveResult]) -> None:
    def listed(sort: str, page: int = 0) -> list[str]:
        return [item["id"] for item in api.get(LIST, {"sort": sort, "limit": 4, "page": page}).json()["items"]]

    ids = [str(result.pk) for result in results]
    by_plugin = [*sorted(ids[1::2]), *sorted(ids[::2])]  # ids decide among equals
    assert listed("created_at") == ids[:4]
    assert listed("plugin") + listed("plugin", 1) == by_plugin
    assert listed("-plugin") + listed("-plugin", 1) == by_plugin[::-1]
    refused = api.get(LIST, {"sort": "snapshot__url"})
    assert refused.status_code == 400
    assert "created_at" in refused.json()["message"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"plugin": "pdf"}, 3),
        ({"extractor": "pdf"}, 3),
        ({"plugin": "wget"}, 0),
        ({"status": "failed"}, 1),
        ({"output_str": "NUMBER 1"}, 2),
        ({"output": "number 1"}, 2),
        ({"snapshot_url": "example.org"}, 2),
        ({"snapshot_tag": "news"}, 6),
        ({"snapshot_tag": "other"}, 0),
        ({"search": "example.NET"}, 2),
        ({"search": "pdf number 2"}, 1),
        ({"created_at__lt": "2020-01-01"}, 0),
        ({"hook_name": "none"}, 0),
        ({"cmd_version": "1"}, 0),
        ({"process_id": "00000000-0000-7000-8000-000000000000"}, 0),
    ],
)
def test_filters(api: Client, results: list[ArchiveResult], query: dict[str, str], found: int) -> None:
    response = api.get(LIST, query)
    assert response.status_code == 200
    assert response.json()["total_items"] == found


def test_filters_by_what_the_archive_gave(api: Client, results: list[ArchiveResult], queued: list[str]) -> None:
    timestamp = Snapshot.objects.get(pk=queued[1]).timestamp
    moment = {"created_at": results[2].created_at.isoformat()}
    queries: list[tuple[dict[str, Any], int]] = [
        ({"snapshot_id": queued[1]}, 2),
        ({"snapshot_id": queued[1].replace("-", "")}, 2),
        ({"snapshot_id": timestamp}, 2),
        ({"id": str(results[2].pk)}, 1),
        (moment, 1),
    ]
    for query, found in queries:
        assert api.get(LIST, query).json()["total_items"] == found, query


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"status": "bogus"}, "queued, started, paused, backoff, succeeded, failed, skipped, noresults"),
        ({"process_id": "1"}, "process_id"),
        ({"limit": "0"}, "limit"),
        ({"created_at": "x"}, "created_at"),
    ],
)
def test_bad_parameters_are_named(api: Client, query: dict[str, str], named: str) -> None:
    response = api.get(LIST, query)
    assert response.status_code == 400
    assert named in response.json()["errors"][0]


def test_references_that_name_nothing_or_several(api: Client, results: list[ArchiveResult]) -> None:
    assert api.get(f"{ONE}nonsense").status_code == 404
    shared = str(results[0].pk)[:4]
    response = api.get(ONE + shared)
    assert response.status_code == 400
    assert "6 archive results" in response.json()["errors"][0]


def test_a_list_costs_the_same_whatever_its_length(
    api: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.get(LIST)  # notes the use of the token
    for number in (5, 195):
        added = add_urls([f"https://example.com/{number}/{index}" for index in range(number)], user=None, tags=["Many"])
        ArchiveResult.objects.bulk_create(
            ArchiveResult(snapshot=snapshot, plugin="title", created_at=timezone.now()) for snapshot in added.snapshots
        )
        with django_assert_num_queries(4) as captured:
            assert len(api.get(LIST).json()["items"]) in (5, 200)
        assert not any('"archive_crawl"."urls"' in query["sql"] for query in captured.captured_queries)
