import pytest
from django.test import Client
from django.utils import timezone

from pagekeep.api.schemas.crawls import CrawlSchema
from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, Tag

ANY = "/api/v1/core/any/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def result(queued: list[str]) -> ArchiveResult:
    return ArchiveResult.objects.create(snapshot_id=queued[0], plugin="title", created_at=timezone.now())


def test_any_object_by_its_id(api: Client, queued: list[str], result: ArchiveResult) -> None:
    snapshot, crawl, tag = Snapshot.objects.get(pk=queued[0]), Crawl.objects.get(), Tag.objects.get()
    for reference in (str(snapshot.pk), snapshot.pk.hex, snapshot.timestamp):
        content = api.get(f"{ANY}{reference}").json()
        assert content == api.get(f"/api/v1/core/snapshot/{snapshot.pk}").json()
        assert [item["id"] for item in content["archiveresults"]] == [str(result.pk)]
    assert api.get(f"{ANY}{result.pk}").json() == api.get(f"/api/v1/core/archiveresult/{result.pk}").json()
    assert api.get(f"{ANY}{tag.pk}").json() == api.get(f"/api/v1/core/tag/{tag.pk}").json()
    found = api.get(f"{ANY}{crawl.pk.hex}").json()
    CrawlSchema.model_validate(found)
    assert (found["TYPE"], found["id"]) == ("crawls.models.Crawl", str(crawl.pk))


def test_a_beginning_that_fits_several_of_any_kind(api: Client, queued: list[str], result: ArchiveResult) -> None:
    # Made within the same seconds, all ids begin alike.
    response = api.get(f"{ANY}{queued[0][:6]}")
    assert response.status_code == 400
    said = response.json()["errors"][0]
    assert "fits 5 objects (3 snapshots, 1 archive result, 1 crawl)" in said
    shortest = next(n for n in range(9, 37) if sum(str(pk).startswith(queued[2][:n]) for pk in _ids()) == 1)
    assert api.get(f"{ANY}{queued[2][:shortest]}").json()["id"] == queued[2]


def test_a_number_that_names_two_kinds_is_refused(api: Client, queued: list[str]) -> None:
    Tag.objects.filter(name="News").update(name="Old", key="old")
    seconds = Snapshot.objects.get(pk=queued[0]).timestamp.partition(".")[0]
    Tag.objects.create(pk=int(seconds), name="N", key="n", slug="n", created_at=timezone.now())
    response = api.get(f"{ANY}{seconds}")
    assert response.status_code == 400
    assert "1 tag)" in response.json()["errors"][0]


@pytest.mark.parametrize("reference", ["nothing", "ffff", "999999", "-1", "%00", "9" * 400, "..", "0199 OR 1", "٣"])
def test_unknown_objects(api: Client, queued: list[str], reference: str) -> None:
    assert api.get(f"{ANY}{reference}").status_code == 404


def _ids() -> list[object]:
    kinds = (Snapshot, ArchiveResult, Crawl)
    return [pk for kind in kinds for pk in kind.objects.values_list("pk", flat=True)]
