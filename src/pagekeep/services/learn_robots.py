"""Fetch the robots.txt of sites, each by one worker at a time, and remember it for all of them."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread

from django.utils import timezone

from pagekeep import __version__
from pagekeep.archive.models import Crawl, RobotsFile
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.get import get
from pagekeep.config.load import settings
from pagekeep.crawl.robots import MAX_BYTES, Robots, parse_robots
from pagekeep.domain.errors import AddressRefused, CaptureError
from pagekeep.domain.urls import domain_of
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.listeners import own_addresses
from pagekeep.services.note_host import note_host

log = logging.getLogger(__name__)

SECONDS = 8.0
"""For all files that are fetched at the same time."""
AT_ONCE = 10
LOOKED_AT = 500
"""Origins of which it is asked whether they are known."""
FRESH = timedelta(hours=24)
"""The longest that RFC 9309, 2.4, has a robots.txt remembered."""
PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(hours=1))
"""When one that could not be fetched is tried again after the first, the second and each further failure."""
GIVEN_UP = len(PAUSES)
"""After so many failures in a row its site counts as one that may not be visited (RFC 9309, 2.3.1.4)."""
USER_AGENT = f"Mozilla/5.0 (compatible; Pagekeep/{__version__})"
SOON = timedelta(seconds=2)
_CLAIM = timedelta(seconds=30)
_REFUSED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WayOut:
    """How a crawl fetches files of sites beside its pages."""

    policy: AddressPolicy
    check_certificates: bool
    user_agent: str = USER_AGENT


Fetch = Callable[[str], tuple[Robots | None, str]]
"""From an origin to what its robots.txt asks, or None and why it could not be fetched."""


def learn_robots(origins: Iterable[str], crawl: Crawl) -> None:
    """Fetch those that are not known, or not any more, and wait for them, `SECONDS` at most. Never in a transaction.

    Of more than `AT_ONCE` origins the others stay unknown, and so do those another worker is fetching.

    Args:
        crawl: says which private addresses may be reached, and whether certificates are checked.
    """
    fetch = fetcher(crawl)
    wanted = _claim(list(dict.fromkeys(origins)))
    done: SimpleQueue[tuple[str, Robots | None, str]] = SimpleQueue()
    for origin in wanted:
        Thread(target=_fetch_in_thread, args=(fetch, origin, done), daemon=True).start()
    until, missing = time.monotonic() + SECONDS, set(wanted)
    while missing:
        try:
            origin, robots, reason = done.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        missing.discard(origin)
        _remember(origin, robots, reason)
    for origin in missing:
        _remember(origin, None, f"It did not come within {SECONDS:g} seconds.")


def way_out(crawl: Crawl) -> WayOut:
    """Return how a crawl may fetch."""
    own = settings()
    policy = AddressPolicy((*own.allow_private, *crawl.allow_private), own_addresses())
    return WayOut(policy, crawl_settings(own, crawl.plugins, crawl.config).check_certificates)


def fetcher(crawl: Crawl) -> Fetch:
    """Return what fetches a robots.txt as a crawl may."""
    way = way_out(crawl)

    def fetch(origin: str) -> tuple[Robots | None, str]:
        try:
            answer = get(
                f"{origin}/robots.txt",
                way.policy,
                user_agent=way.user_agent,
                seconds=SECONDS,
                max_bytes=MAX_BYTES,
                check_certificates=way.check_certificates,
            )
        except AddressRefused as error:  # its pages are not reached either, and say so themselves
            return Robots(), str(error)
        except CaptureError as error:
            return None, str(error)
        if 200 <= answer.status < 300:
            return parse_robots(answer.body), ""
        if answer.status >= 500 or answer.status == 429:
            return None, f"It was answered with {answer.status}."
        return Robots(), ""  # there is none (RFC 9309, 2.3.1.3)

    return fetch


def forget_old_robots() -> int:
    """Forget what has not been asked for since it expired a day ago; return how many files. A duty of workers."""
    old = RobotsFile.objects.filter(expires_at__lt=timezone.now() - FRESH)
    return old.delete()[0] if old.exists() else 0


def _claim(origins: list[str]) -> list[str]:
    """Return those that are to be fetched, and by nobody else."""
    now, mine = timezone.now(), []
    some = origins[:LOOKED_AT]
    known = set(RobotsFile.objects.filter(origin__in=some, expires_at__gt=now).values_list("origin", flat=True))
    for origin in [origin for origin in some if origin not in known][:AT_ONCE]:
        _, is_new = RobotsFile.objects.get_or_create(
            origin=origin, defaults={"expires_at": now, "claimed_until": now + _CLAIM}
        )
        stale = RobotsFile.objects.filter(origin=origin, expires_at__lte=now, claimed_until__lte=now)
        if is_new or stale.update(claimed_until=now + _CLAIM):
            mine.append(origin)
    return mine


def _fetch_in_thread(fetch: Fetch, origin: str, done: "SimpleQueue[tuple[str, Robots | None, str]]") -> None:
    try:
        done.put((origin, *fetch(origin)))
    except Exception as error:
        log.exception("Fetching the robots.txt of %s failed", origin)
        done.put((origin, None, f"Pagekeep itself made an error ({type(error).__name__})."))


def _remember(origin: str, robots: Robots | None, reason: str) -> None:
    now = timezone.now()
    row = RobotsFile.objects.filter(origin=origin)
    if robots is not None:
        expires_at = now + (_REFUSED if reason else FRESH)
        row.update(text=robots.as_text(), reason="", failures=0, expires_at=expires_at, claimed_until=now)
        note_host(domain_of(origin), crawl_delay=robots.delay)
        return
    failures = (row.values_list("failures", flat=True).first() or 0) + 1
    pause = PAUSES[min(failures, len(PAUSES)) - 1]
    row.update(text="", reason=reason, failures=failures, expires_at=now + pause, claimed_until=now)


def retry_time(row: RobotsFile) -> datetime:
    """Return when it is worth asking again for a robots.txt that is not known: not while another worker fetches it."""
    return max(row.expires_at, min(row.claimed_until, timezone.now() + SOON))
