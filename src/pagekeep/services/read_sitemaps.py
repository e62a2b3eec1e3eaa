"""Read the sitemaps of a crawl's sites and queue the pages they list (https://www.sitemaps.org/protocol.html)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock, Thread
from urllib.parse import urljoin

from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Crawl, CrawlSitemap, RobotsFile
from pagekeep.capture.network.get import get
from pagekeep.config.load import settings
from pagekeep.crawl.politeness import BUSY
from pagekeep.crawl.robots import parse_robots
from pagekeep.crawl.sitemap import MAX_BYTES, Sitemap, read_sitemap
from pagekeep.domain.errors import BadInput, CaptureError, PagekeepError
from pagekeep.domain.status import CrawlStatus
from pagekeep.domain.urls import domain_of, parse_url
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.learn_robots import GIVEN_UP, learn_robots, retry_time, way_out
from pagekeep.services.note_answer import note_busy
from pagekeep.services.plan_sitemaps import MAX_SITEMAPS, put_sitemaps
from pagekeep.services.seal_crawl import seal_crawl
from pagekeep.services.take_pages import take_pages

log = logging.getLogger(__name__)

SECONDS = 60.0
"""Time for one file."""
ATTEMPTS = 3
MAX_LEVEL = 4
IN_A_PART = 500
"""Pages that are queued in one transaction: others shall write meanwhile."""
_CLAIM = timedelta(minutes=3)
_READERS = 4
_LOOKED_AT = 2 * MAX_SITEMAPS
_reading: dict[int, str] = {}
"""What the threads of this process read, and its host: of one host one file at a time."""
_lock = Lock()
_OPEN = (CrawlStatus.QUEUED, CrawlStatus.STARTED)


def read_sitemaps() -> None:
    """Begin to read what is due, in threads of their own. A duty of workers."""
    for pk, url in list(_due(timezone.now()).order_by("due_at", "pk").values_list("pk", "url")[:_LOOKED_AT]):
        host = domain_of(url)
        with _lock:
            if len(_reading) >= _READERS:
                return
            if host in _reading.values():
                continue
            _reading[pk] = host
        Thread(target=_read_in_thread, args=(pk,), daemon=True).start()


def sitemaps_waiting(within_seconds: float) -> bool:
    """Whether a crawl has sitemaps that are being read, or may be within this time from now."""
    return _due(timezone.now() + timedelta(seconds=max(within_seconds, _CLAIM.total_seconds()))).exists()


def read_one(pk: int) -> None:
    """Read one sitemap, or look for those of one site, unless another worker does."""
    now = timezone.now()
    due = _due(now).filter(pk=pk)
    if not due.update(due_at=now + _CLAIM, attempts=F("attempts") + 1):
        return
    row = CrawlSitemap.objects.filter(pk=pk).first()
    crawl = Crawl.objects.defer("urls").filter(sitemaps=pk).first()
    if row is None or crawl is None:
        return
    if row.level and row.attempts > 2 * ATTEMPTS:
        _end(row, "Workers died over it again and again.")
        return
    try:
        (_read_site if row.level == 0 else _read_file)(row, crawl)
    except (DatabaseError, InterfaceError):  # it may pass
        raise
    except PagekeepError as error:
        _try_again(row, str(error))
    except Exception as error:
        log.exception("Reading the sitemap %s failed", row.url)
        _try_again(row, f"Pagekeep itself made an error ({type(error).__name__}); its log has the details.")


def _due(moment: datetime) -> QuerySet[CrawlSitemap]:
    return CrawlSitemap.objects.filter(due_at__lte=moment, crawl__status__in=_OPEN)


def _read_in_thread(pk: int) -> None:
    try:
        read_one(pk)
    except Exception:
        log.exception("Reading a sitemap failed; it is tried again")
    finally:
        connections.close_all()
        with _lock:
            del _reading[pk]


def _read_site(row: CrawlSitemap, crawl: Crawl) -> None:
    """Note the sitemaps that a site's robots.txt names, or else the usual one."""
    learn_robots([row.url], crawl)
    robots = RobotsFile.objects.filter(origin=row.url).first()
    if robots is None or (robots.reason and robots.failures < GIVEN_UP) or robots.expires_at <= timezone.now():
        _later(row, retry_time(robots) if robots else timezone.now() + timedelta(seconds=2))
        return
    named = [url for text in parse_robots(robots.text).sitemaps if (url := _absolute(row.url, text))]
    reason = f"{row.url}/robots.txt cannot be fetched: {robots.reason}" if robots.reason else ""
    _end(row, reason, partial(put_sitemaps, crawl.pk, [] if reason else named or [f"{row.url}/sitemap.xml"], 1))


def _read_file(row: CrawlSitemap, crawl: Crawl) -> None:
    way = way_out(crawl)
    if not _wait_for_turn(row, crawl):
        return
    try:
        answer = get(
            row.url,
            way.policy,
            user_agent=way.user_agent,
            seconds=SECONDS,
            max_bytes=MAX_BYTES,
            check_certificates=way.check_certificates,
        )
    except CaptureError as error:
        _try_again(row, str(error))
        return
    if answer.status in BUSY:
        _try_again(row, f"It was answered with {answer.status}.", note_busy(domain_of(answer.url), row.attempts))
    elif answer.status >= 500:
        _try_again(row, f"It was answered with {answer.status}.")
    elif not 200 <= answer.status < 300:
        _end(row, f"It was answered with {answer.status}.")
    else:
        sitemap = read_sitemap(answer.body)
        if not answer.is_whole:
            sitemap.complaint = f"It is larger than {MAX_BYTES // 2**20} MiB; what is beyond is not read."
        _take(row, crawl, sitemap)


def _wait_for_turn(row: CrawlSitemap, crawl: Crawl) -> bool:
    """Wait until the host may be asked: sitemaps come as far apart as the pages of links that a crawl follows.

    Returns:
        False where that takes long: the sitemap is put off.
    """
    delay = crawl_settings(settings(), crawl.plugins, crawl.config).crawl_delay
    moment = queue.book_visit(domain_of(row.url), delay, SECONDS)
    while (wait := (moment - timezone.now()).total_seconds()) <= SECONDS:
        time.sleep(max(0.0, wait))
        if timezone.now() - moment < queue.BOOKED_LATE / 2:
            return True
        moment = queue.book_visit(domain_of(row.url), delay, SECONDS)  # this machine was busy
    CrawlSitemap.objects.filter(pk=row.pk).update(attempts=F("attempts") - 1)
    _later(row, moment)
    return False


def _take(row: CrawlSitemap, crawl: Crawl, sitemap: Sitemap) -> None:
    pages = list(sitemap.pages)
    for start in range(0, len(pages), IN_A_PART):
        with transaction.atomic():
            locked = Crawl.objects.select_for_update().defer("urls").filter(pk=crawl.pk).first()
            if locked is None or locked.status == CrawlStatus.SEALED:
                return
            take_pages(locked, pages[start : start + IN_A_PART], 1, widest="domain")
            changes = {"found": min(start + IN_A_PART, len(pages)), "due_at": timezone.now() + _CLAIM}
            CrawlSitemap.objects.filter(pk=row.pk, due_at__isnull=False).update(**changes)
    further = [url for text in sitemap.sitemaps if (url := _absolute(row.url, text))]
    if further and row.level >= MAX_LEVEL:
        sitemap.complaint, further = (
            "Its sitemaps name sitemaps that name sitemaps over and over; no more are read.",
            [],
        )
    _end(row, sitemap.complaint, partial(put_sitemaps, crawl.pk, further, row.level + 1))


def _end(row: CrawlSitemap, reason: str, further: Callable[[], object] = lambda: None) -> None:
    """Note that a sitemap was read, and end its crawl if nothing is left to do."""
    with transaction.atomic():
        if CrawlSitemap.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=None, reason=reason):
            further()
            seal_crawl(row.crawl_id)


def _try_again(row: CrawlSitemap, reason: str, wait: float = 0.0) -> None:
    if row.attempts >= ATTEMPTS:
        _end(row, reason)
    else:
        _later(row, timezone.now() + timedelta(seconds=max(wait, 5 * row.attempts**2)))


def _later(row: CrawlSitemap, moment: datetime) -> None:
    CrawlSitemap.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=moment)


def _absolute(base: str, url: str) -> str:
    try:
        return parse_url(urljoin(f"{base}/" if base.count("/") == 2 else base, url))
    except (BadInput, ValueError):
        return ""
