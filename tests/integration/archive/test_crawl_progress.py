from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pagekeep.archive.crawl_progress import CrawlProgress, crawl_progress
from pagekeep.archive.models import Crawl, CrawlSitemap, Snapshot
from pagekeep.archive.progress import open_pages
from pagekeep.archive.queue import claim
from pagekeep.services.add_urls import add_urls
from pagekeep.services.pause_crawl import pause_crawl
from pagekeep.services.register_worker import register_worker
from pagekeep.services.seal_snapshots import seal_crawl_snapshots

pytestmark = pytest.mark.django_db


def add(*urls: str, **options: Any) -> Crawl:
    return add_urls(urls or ["https://example.com/"], user=None, **options).crawl


def progress(crawl: Crawl) -> CrawlProgress:
    return crawl_progress([Crawl.objects.get(pk=crawl.pk)])[crawl.pk]


def test_what_a_crawl_waits_for() -> None:
    crawl = add()
    assert progress(crawl).waits_for == "worker"
    worker = register_worker(1)
    assert progress(crawl).waits_for == "turn"
    Snapshot.objects.update(retry_at=timezone.now() + timedelta(hours=1))
    later = progress(crawl)
    assert (later.waits_for, later.due_at) == ("time", Snapshot.objects.get().retry_at)
    Snapshot.objects.update(retry_at=timezone.now())
    claim(worker.pk, 60)
    held = progress(crawl)
    assert (held.waits_for, [page["url"] for page in held.at_work]) == ("pages", ["https://example.com/"])
    seal_crawl_snapshots(crawl.pk)
    assert progress(crawl).waits_for == "nothing"


def test_a_paused_one_waits_for_somebody() -> None:
    register_worker(1)
    crawl = add()
    pause_crawl(crawl.pk)
    assert progress(crawl).waits_for == "resume"
    assert (open_pages(crawl.pk).waiting, open_pages(crawl.pk).paused) == (0, 1)


def test_sitemaps_that_are_to_be_read_are_not_the_end() -> None:
    register_worker(1)
    crawl = add()
    CrawlSitemap.objects.create(crawl=crawl, url="https://example.com", due_at=timezone.now())
    Snapshot.objects.update(status="succeeded", retry_at=None)
    assert progress(crawl).waits_for == "sitemaps"
    assert (open_pages(crawl.pk).waiting, open_pages(crawl.pk).sitemaps) == (0, 1)
    Crawl.objects.update(status="sealed")
    assert open_pages(crawl.pk).sitemaps == 0


def test_its_speed_is_of_the_last_minutes_and_at_the_end_of_all_its_time() -> None:
    crawl, now = add(*(f"https://example.com/{number}" for number in range(12))), timezone.now()
    ids = list(Snapshot.objects.order_by("id").values_list("pk", flat=True))
    for number, snapshot_id in enumerate(ids[:10]):
        claimed = now - timedelta(minutes=20 - 2 * number)
        Snapshot.objects.filter(pk=snapshot_id).update(status="succeeded", retry_at=None, claimed_at=claimed)
    assert progress(crawl).pages_per_minute == pytest.approx(2 / 5)
    seal_crawl_snapshots(crawl.pk)
    ended = progress(crawl)
    assert ended.pages_per_minute == pytest.approx(10 / 18, abs=0.01)
    assert ended.states == {"succeeded": 10, "sealed": 2}


def test_many_crawls_take_as_many_statements_as_one(django_assert_max_num_queries) -> None:
    crawls = [add(f"https://example.com/{number}") for number in range(5)]
    with django_assert_max_num_queries(5):
        assert len(crawl_progress(crawls)) == 5
