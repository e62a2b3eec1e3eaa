"""Keep followed links away from what a site's robots.txt excludes (RFC 9309). Seeds were asked for, and are taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Crawl, RobotsFile, Snapshot
from pagekeep.config.load import settings
from pagekeep.crawl.refusal import Judge, Refusal
from pagekeep.crawl.robots import Robots, origin_of, parse_robots
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.learn_robots import GIVEN_UP, SOON, learn_robots, retry_time
from pagekeep.services.pause_crawl import pause_with_crawl
from pagekeep.services.record_result import require_lease
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.seal_crawl import seal_crawl

BATCH = 500
MAX_SIBLINGS = 1000
"""Waiting pages of one host that are looked at when its robots.txt has become known."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Whether a followed page may be visited now; if not, ``due`` is when it may be asked again, None for never."""

    allowed: bool
    due: datetime | None = None


def robots_judge(urls: Iterable[str]) -> Judge:
    """Return what refuses links by the robots.txt that are known now. Others pass: their turn comes before the visit.

    It reads the database at once and never later.
    """
    origins = list(dict.fromkeys(filter(None, map(origin_of, urls))))
    known: dict[str, RobotsFile] = {}
    for start in range(0, len(origins), BATCH):
        rows = RobotsFile.objects.filter(origin__in=origins[start : start + BATCH], expires_at__gt=timezone.now())
        known |= {row.origin: row for row in rows}

    def judge(url: str) -> Refusal | None:
        row = known.get(origin_of(url))
        if row is None or (row.reason and row.failures < GIVEN_UP):
            return None
        if row.reason:
            why = f"{row.origin}/robots.txt, which says what may be visited, cannot be fetched: {row.reason}"
            return Refusal(url, "robots_unreachable", why)
        if _parsed(row.text).allows(url):
            return None
        return Refusal(url, "robots", f"{row.origin}/robots.txt excludes it (OBEY_ROBOTS).")

    return judge


def may_visit(owner: UUID, snapshot: Snapshot) -> bool:
    """Whether a worker may visit the page it has claimed. If not, the page is refused or waits: it is no more held.

    It fetches a robots.txt that is not known, in bounded time: call it in a thread of its own.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    if not snapshot.depth or snapshot.num_results:  # what was begun before was allowed then
        return True
    crawl = Crawl.objects.defer("urls").filter(pk=snapshot.crawl_id).first()
    if crawl is None:
        raise queue.LeaseLost("The crawl was removed.")
    if not _asks(crawl) or not origin_of(snapshot.url):
        return True
    visit = _look_up(snapshot.url)
    if visit is None:
        learn_robots([origin_of(snapshot.url)], crawl)
        visit = _look_up(snapshot.url) or Visit(False, timezone.now() + SOON)
    if not visit.allowed:
        _turn_away(owner, snapshot, crawl, visit.due)
    return visit.allowed


def _asks(crawl: Crawl) -> bool:
    try:
        return crawl_settings(settings(), crawl.plugins, crawl.config).obey_robots
    except BadInput:  # the visit fails with it
        return False


def _look_up(url: str) -> Visit | None:
    """Return whether a page may be visited, None if its robots.txt is to be fetched first."""
    row = RobotsFile.objects.filter(origin=origin_of(url)).first()
    now = timezone.now()
    if row is None or (row.expires_at <= now and row.claimed_until <= now):
        return None
    if row.expires_at <= now or (row.reason and row.failures < GIVEN_UP):
        return Visit(False, retry_time(row))
    return Visit(robots_judge([url])(url) is None)


def _turn_away(owner: UUID, snapshot: Snapshot, crawl: Crawl, due: datetime | None) -> None:
    """Refuse a page, or let it wait, and with it what else its crawl has of that site and would fare the same."""
    origin = origin_of(snapshot.url)
    with transaction.atomic():
        require_lease(owner, snapshot.pk)
        Crawl.objects.select_for_update().only("pk").get(pk=crawl.pk)
        waiting = Snapshot.objects.filter(
            crawl_id=crawl.pk, domain=snapshot.domain, status=SnapshotStatus.QUEUED, depth__gt=0, num_results=0
        )
        found = waiting.order_by("pk").values_list("pk", "url", "depth")[:MAX_SIBLINGS]
        siblings = [row for row in found if origin_of(row[1]) == origin]
        if due is not None:
            Snapshot.objects.filter(pk__in=[pk for pk, _, _ in siblings], retry_at__lt=due).update(retry_at=due)
            queue.release(owner, snapshot.pk, due=due, count_attempt=False)
            pause_with_crawl(snapshot.pk)
            return
        rows = [(snapshot.pk, snapshot.url, snapshot.depth), *siblings]
        judge = robots_judge([snapshot.url])
        refused = [(pk, depth, refusal) for pk, url, depth in rows if (refusal := judge(url))]
        Snapshot.objects.filter(pk__in=[pk for pk, _, _ in refused]).delete()
        for depth in {depth for _, depth, _ in refused}:
            refuse_urls(crawl, [refusal for _, own, refusal in refused if own == depth], depth)
        seal_crawl(crawl.pk)


@lru_cache(64)
def _parsed(text: str) -> Robots:
    return parse_robots(text)
