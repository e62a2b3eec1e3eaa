from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from pagekeep.archive.models import Crawl, Snapshot, Tag
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services.add_urls import Added, add_urls


@pytest.mark.django_db
def test_urls_become_one_crawl_of_queued_snapshots() -> None:
    user = User.objects.create_superuser("keeper")
    added = add_urls(
        [" https://Example.com/a ", "https://example.com/b", "https://Example.com/a"],
        user=user,
        tags=["one", "ONE", " two "],
        plugins=["pdf", "title"],
        allow_private=["127.0.0.1"],
        label="first",
    )
    assert [snapshot.url for snapshot in added.snapshots] == ["https://Example.com/a", "https://example.com/b"]
    assert (added.refused, added.known) == ((), ())
    crawl = Crawl.objects.get()
    assert (crawl.urls, crawl.tags_str, crawl.plugins) == (
        " https://Example.com/a \nhttps://example.com/b\nhttps://Example.com/a",
        "one,two",
        ["title", "pdf"],
    )
    assert (crawl.allow_private, crawl.status, crawl.created_by) == (["127.0.0.1"], CrawlStatus.QUEUED, user)
    for snapshot in Snapshot.objects.all():
        assert (snapshot.status, snapshot.domain) == (SnapshotStatus.QUEUED, "example.com")
        assert snapshot.retry_at is not None
        assert {tag.name for tag in snapshot.tags.all()} == {"one", "two"}


@pytest.mark.django_db
def test_bad_urls_are_refused_one_by_one() -> None:
    added = add_urls(["https://example.com", "ftp://example.com", "javascript:alert(1)", ""], user=None)
    assert len(added.snapshots) == 1
    assert [url for url, _ in added.refused] == ["ftp://example.com", "javascript:alert(1)", ""]
    assert all(reason.endswith(".") for _, reason in added.refused)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: add_urls([], user=None),
        lambda: add_urls(["nonsense"], user=None),
        lambda: add_urls(["https://example.com"], user=None, depth=5),
        lambda: add_urls(["https://example.com"], user=None, plugins=["pdff"]),
        lambda: add_urls(["https://example.com"], user=None, tags=["x" * 300]),
        lambda: add_urls(["https://example.com"], user=None, config={"TIMEOUT": "soon"}),
        lambda: add_urls(["https://example.com"], user=None, config={"CHECK_SSL_VALIDITY": "perhaps"}),
        lambda: add_urls(["https://example.com"], user=None, config={"BEHAVIOURS": ["scrol"]}),
        lambda: add_urls(["https://example.com"], user=None, config={"BEHAVIOURS": 7}),
        lambda: add_urls(["https://example.com"], user=None, config={"BLOCK_ADS": True}),
    ],
)
def test_bad_input_writes_nothing(attempt: Callable[[], Added]) -> None:
    with pytest.raises(BadInput):
        attempt()
    assert not Crawl.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.django_db
def test_config_is_kept_as_it_was_sent() -> None:
    config = {"TIMEOUT": "30", "UNKNOWN": [1, {"a": None}], "SAVE_PDF": False}
    assert add_urls(["https://example.com"], user=None, config=config).crawl.config == config


@pytest.mark.django_db
def test_only_new_passes_over_what_is_known() -> None:
    add_urls(["https://example.com/a"], user=None)
    added = add_urls(["https://example.com/a", "https://example.com/b"], user=None, only_new=True)
    assert [snapshot.url for snapshot in added.snapshots] == ["https://example.com/b"]
    assert added.known == ("https://example.com/a",)
    nothing_new = add_urls(["https://example.com/a"], user=None, only_new=True)
    assert nothing_new.crawl.status == CrawlStatus.SEALED
    assert len(add_urls(["https://example.com/a"], user=None).snapshots) == 1


@pytest.mark.django_db
def test_index_only_waits_paused() -> None:
    (snapshot,) = add_urls(["https://example.com/a"], user=None, index_only=True).snapshots
    assert (snapshot.status, snapshot.retry_at) == (SnapshotStatus.PAUSED, None)


@pytest.mark.django_db
def test_tags_are_one_whatever_their_case() -> None:
    add_urls(["https://example.com/a"], user=None, tags=["Straße", "日本 語"])
    add_urls(["https://example.com/b"], user=None, tags=["STRASSE", "日本 語"])
    assert set(Tag.objects.values_list("name", flat=True)) == {"Straße", "日本 語"}


@pytest.mark.django_db
def test_tags_keep_their_inner_spaces_and_are_one_line() -> None:
    add_urls(["https://example.com/"], user=None, tags=["  two  words ", "two words", "one\r\n\tline"])
    assert {tag.name for tag in Tag.objects.all()} == {"two  words", "two words", "one   line"}


@pytest.mark.django_db
def test_ten_thousand_urls_have_timestamps_of_their_own(django_assert_max_num_queries: Callable[..., object]) -> None:
    urls = [f"https://example.com/{number}" for number in range(10_000)]
    with django_assert_max_num_queries(400):  # type: ignore[attr-defined]
        added = add_urls(urls, user=None, tags=["bulk"])
    stamps = [snapshot.timestamp for snapshot in added.snapshots]
    assert len(set(stamps)) == 10_000
    assert stamps == sorted(stamps)


@pytest.mark.django_db(transaction=True)
def test_adding_at_the_same_time_succeeds_for_all() -> None:
    def add(batch: int) -> int:
        try:
            return len(
                add_urls([f"https://example.com/{batch}/{n}" for n in range(200)], user=None, tags=["t"]).snapshots
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(add, range(8))) == [200] * 8
    assert Snapshot.objects.values("timestamp").distinct().count() == 1600
    assert Tag.objects.get().snapshots.count() == 1600
