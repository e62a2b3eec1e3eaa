"""Note which sitemaps a crawl is to read, and that it needs none any more."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlSitemap
from pagekeep.crawl.robots import origin_of
from pagekeep.crawl.sitemap import MAX_URL

MAX_SITEMAPS = 1000
"""Sites and sitemaps of one crawl."""


def plan_sitemaps(crawl: Crawl, seeds: Iterable[str]) -> None:
    """Have a worker look for the sitemaps of the sites that a crawl was given URLs of."""
    put_sitemaps(crawl.pk, dict.fromkeys(filter(None, map(origin_of, seeds))), 0)


def put_sitemaps(crawl_id: UUID, urls: Iterable[str], level: int) -> None:
    """Note sites or sitemaps to read, each once and as many as there is room for. Call it in a transaction."""
    room = max(MAX_SITEMAPS - CrawlSitemap.objects.filter(crawl_id=crawl_id).count(), 0)
    rows = [
        CrawlSitemap(crawl_id=crawl_id, url=url, level=level, due_at=timezone.now())
        for url in urls
        if len(url) <= MAX_URL
    ]
    CrawlSitemap.objects.bulk_create(rows[:room], ignore_conflicts=True, batch_size=500)


def drop_sitemaps(crawl_id: UUID, reason: str) -> None:
    """Have no more sitemaps read for a crawl, as when it is cancelled."""
    CrawlSitemap.objects.filter(crawl_id=crawl_id, due_at__isnull=False).update(due_at=None, reason=reason)
