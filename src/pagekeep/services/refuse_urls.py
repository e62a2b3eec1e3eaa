"""Write down which URLs a crawl did not take, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F
from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlRefusal, RefusalCount
from pagekeep.archive.models.crawl_refusal import MAX_LENGTH
from pagekeep.crawl.refusal import Refusal
from pagekeep.domain.urls import shorten
from pagekeep.services.add_tallies import REFUSAL, Tallies

MAX_KEPT = 100_000
"""Refused URLs of one crawl that are kept; those beyond are only counted."""
BATCH = 500


def refuse_urls(crawl: Crawl, refusals: Sequence[Refusal], depth: int = 0) -> None:
    """Count refused URLs, each once per crawl, and keep them as long as there is room. Call it in a transaction.

    Args:
        crawl: as it is now: its number of refusals says how much room there is.
        depth: how many links away from the crawl's own URLs they are.
    """
    by_url = {shorten(refusal.url, MAX_LENGTH): refusal for refusal in reversed(refusals)}
    kept, urls, now = CrawlRefusal.objects.filter(crawl_id=crawl.pk), list(by_url), timezone.now()
    for start in range(0, len(urls), BATCH):
        for url in kept.filter(url__in=urls[start : start + BATCH]).values_list("url", flat=True):
            del by_url[url]
    if not by_url:
        return
    room = max(MAX_KEPT - crawl.num_refused, 0)
    rows = [
        CrawlRefusal(crawl_id=crawl.pk, url=url, rule=refusal.rule, reason=refusal.reason, depth=depth, created_at=now)
        for url, refusal in reversed(by_url.items())
    ]
    CrawlRefusal.objects.bulk_create(rows[:room], batch_size=BATCH)
    refused = Counter(row.rule for row in rows)
    _count(crawl, refused)
    tallies = Tallies()
    for rule, number in refused.items():
        tallies.add(REFUSAL, rule, number=number)
    tallies.write()


def forget_refusals(crawl: Crawl, urls: Iterable[str]) -> None:
    """Forget that URLs were refused which the crawl takes after all, as when a limit was raised. Call it as above."""
    taken = [shorten(url, MAX_LENGTH) for url in urls]
    for start in range(0, len(taken), BATCH):
        former = CrawlRefusal.objects.filter(crawl_id=crawl.pk, url__in=taken[start : start + BATCH])
        if rules := Counter(former.values_list("rule", flat=True)):
            former.delete()
            _count(crawl, {rule: -number for rule, number in rules.items()})


def _count(crawl: Crawl, changes: Mapping[str, int]) -> None:
    counts = RefusalCount.objects.filter(crawl_id=crawl.pk)
    RefusalCount.objects.bulk_create(
        [RefusalCount(crawl_id=crawl.pk, rule=rule) for rule in changes], ignore_conflicts=True
    )
    for rule, number in changes.items():
        counts.filter(rule=rule).update(number=F("number") + number)
    total = sum(changes.values())
    Crawl.objects.filter(pk=crawl.pk).update(num_refused=F("num_refused") + total)
    crawl.num_refused += total
