"""When a host may be asked again: how many visits at once, how long between two, and how long after it said "later".

URLs that a person asked for are seeds; those that a crawl found by itself are followed links, and those wait.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pagekeep.domain.errors import BadInput

MAX_DELAY = 3600.0
"""Seconds a person may put between two visits."""
MAX_CRAWL_DELAY = 60.0
"""Seconds that a robots.txt may ask for: with more a crawl would never end."""
MAX_SLOWED_DELAY = 60.0
"""Seconds between two visits to a host that has been slowed down as far as it goes."""
MAX_WAIT = 3600.0
"""Seconds that are waited at most before a page is tried again, whatever its server says."""
PATIENCE = 10
"""After so many delays a followed link no longer gives way to seeds of its host."""
BUSY = frozenset({429, 503})
"""What a server answers that wants to be asked later. Source: RFC 6585, 4 and RFC 9110, 15.6.4."""

_FIRST_SLOWED_DELAY = 1.0
_BUSY_WAIT = 15.0
_RECOVERY = 0.7


@dataclass(frozen=True, slots=True)
class HostState:
    """What is remembered of a host between visits.

    Attributes:
        visited_at: when a visit may last have asked it for a page.
        followed_at: the same of followed links alone.
        crawl_delay: seconds between two visits that its robots.txt asks for.
        delay: seconds between two visits since it was slowed down; None while it is not.
        slow_until: before this moment nothing is asked of it.
    """

    visited_at: datetime | None = None
    followed_at: datetime | None = None
    crawl_delay: float | None = None
    delay: float | None = None
    slow_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A page of the host that a worker holds. ``until`` is the end of its lease: once it is over the worker is dead."""

    followed: bool
    until: datetime


def delay_of(config: Mapping[str, object], own: float) -> float:
    """Return the seconds between two followed links of a host in one crawl.

    Args:
        config: the crawl's; its CRAWL_DELAY wins over the setting.
        own: the setting's.

    Raises:
        BadInput: CRAWL_DELAY is no such number.
    """
    value = config.get("CRAWL_DELAY", own)
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if isinstance(value, bool) or not 0 <= seconds <= MAX_DELAY:
        raise BadInput(
            f"CRAWL_DELAY in the crawl's config is {value!r}; it must be a number of seconds from 0 to {MAX_DELAY:g}."
        )
    return seconds


def delay_between(host: HostState, own: float) -> float:
    """Return the seconds between two followed links of this host, where its crawl wants ``own``."""
    return max(own, min(host.crawl_delay or 0.0, MAX_CRAWL_DELAY), host.delay or 0.0)


def next_link_at(host: HostState, own: float, now: datetime) -> datetime:
    """Return the next moment at which a host that nothing is asked of just now may be asked for a followed link.

    Args:
        own: seconds between two followed links of a host in the crawl.
    """
    delay = delay_between(host, own)
    return max(now, host.slow_until or now, *(_after(one, delay, now) for one in (host.visited_at, host.followed_at)))


def ready_at(
    host: HostState, held: Sequence[Held], *, followed: bool, due: datetime, own: float, concurrency: int, now: datetime
) -> datetime:
    """Return from when on a page of the host may be visited; ``now`` or earlier means that it may.

    Where that is not known yet, because others have to end first, it is the first moment at which it may be.

    Args:
        held: the pages of the host that workers hold.
        followed: whether the page is a followed link.
        due: since when the page has been due.
        own: seconds between two followed links of a host in the page's crawl.
        concurrency: visits of a host at the same time.
    """
    host = _with_the_dead(host, held, now)
    running = [page.until for page in held if page.until > now]
    moments = [host.slow_until or due]
    if len(running) >= concurrency:
        moments.append(min(running))
    if not followed:
        moments.append(_after(host.visited_at, host.delay or 0.0, due))
        return max(moments)
    delay = delay_between(host, own)
    if delay:
        moments += [page.until for page in held if page.followed and page.until > now]
    followed_then = _after(host.followed_at, delay, due)
    gives_way_until = max(due, host.followed_at or due) + timedelta(seconds=PATIENCE * delay)
    moments += [followed_then, min(_after(host.visited_at, delay, due), max(followed_then, gives_way_until))]
    return max(moments)


def slowed_down(host: HostState, wait: float, now: datetime) -> HostState:
    """Return the host after it has answered 429 or 503.

    Args:
        wait: seconds for which nothing is asked of it.
    """
    delay = _FIRST_SLOWED_DELAY if host.delay is None else min(host.delay * 2, MAX_SLOWED_DELAY)
    until = now + timedelta(seconds=wait)
    return replace(host, delay=delay, slow_until=max(until, host.slow_until or until))


def recovered(host: HostState) -> HostState:
    """Return the host after a good answer: it is asked a little more often, in the end as often as ever."""
    if host.delay is None:
        return host
    delay = host.delay * _RECOVERY
    return replace(host, delay=None if delay < _FIRST_SLOWED_DELAY / 2 else delay)


def busy_wait(attempts: int, retry_after: float | None) -> float:
    """Return for how many seconds nothing is asked of a host that answered 429 or 503.

    Args:
        attempts: how often the page has been tried.
        retry_after: what the server wants (RFC 9110, 10.2.3), None if it said nothing.
    """
    wanted = _BUSY_WAIT * 2.0 ** min(max(attempts, 1) - 1, 16) if retry_after is None else max(0.0, retry_after)
    return min(wanted, MAX_WAIT)


def backoff(attempts: int, *, first: float = 2.0, chance: Callable[[], float] = random.random) -> float:
    """Return the seconds before another attempt: anything up to a limit that doubles with each ("full jitter").

    Args:
        attempts: how often it has been tried.
        first: the limit after the first attempt (seconds).
        chance: draws a number from 0 to 1.
    """
    return chance() * min(MAX_WAIT, first * 2.0 ** min(max(attempts, 1) - 1, 32))


def _with_the_dead(host: HostState, held: Sequence[Held], now: datetime) -> HostState:
    """Return the host with visits whose worker died counted as begun when their leases ended: it may have been so."""
    for page in held:
        if page.until <= now:
            host = replace(host, visited_at=max(page.until, host.visited_at or page.until))
            if page.followed:
                host = replace(host, followed_at=max(page.until, host.followed_at or page.until))
    return host


def _after(moment: datetime | None, seconds: float, otherwise: datetime) -> datetime:
    return otherwise if moment is None else moment + timedelta(seconds=seconds)
