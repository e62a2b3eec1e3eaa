"""Write down which URLs a crawl did not take, and why."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlRefusal
from pagekeep.archive.models.crawl_refusal import MAX_LENGTH
from pagekeep.crawl.scope import Refusal
from pagekeep.domain.urls import shorten
from pagekeep.services.add_tallies import REFUSAL, Tallies

MAX_KEPT = 10_000
"""Refused URLs of one crawl that are kept; those beyond are only counted."""
BATCH = 500


def refuse_urls(crawl: Crawl, refusals: Sequence[Refusal], depth: int = 0) -> None:
    """Count refused URLs, each once per crawl, and keep them as long as there is room. Call it in a transaction.

    Args:
        depth: how many links away from the crawl's own URLs they are.
    """
    by_url = {shorten(refusal.url, MAX_LENGTH): refusal for refusal in reversed(refusals)}
    kept, urls, now = CrawlRefusal.objects.filter(crawl_id=crawl.pk), list(by_url), timezone.now()
    for start in range(0, len(urls), BATCH):
        for url in kept.filter(url__in=urls[start : start + BATCH]).values_list("url", flat=True):
            del by_url[url]
    if not by_url:
        return
    room = max(MAX_KEPT - kept.count(), 0)
    rows = [
        CrawlRefusal(crawl_id=crawl.pk, url=url, rule=refusal.rule, reason=refusal.reason, depth=depth, created_at=now)
        for url, refusal in reversed(by_url.items())
    ]
    CrawlRefusal.objects.bulk_create(rows[:room], batch_size=BATCH)
    Crawl.objects.filter(pk=crawl.pk).update(num_refused=F("num_refused") + len(rows))
    crawl.num_refused += len(rows)
    tallies = Tallies()
    for row in rows:
        tallies.add(REFUSAL, row.rule)
    tallies.write()
