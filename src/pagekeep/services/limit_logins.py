"""Slow down whoever guesses passwords: what failed is kept in the database, so it counts for every server process."""

import hashlib
import hmac
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from pagekeep.archive.models import LoginFailure
from pagekeep.domain.errors import TooManyFailures

Clock = Callable[[], datetime]

WITHIN = timedelta(minutes=5)
FAILURES = 10
"""Of one user name from one address."""
FAILURES_OF_ADDRESS = 50
"""From one address, whatever the user name."""


def refuse_guessing(username: str, address: str, clock: Clock = timezone.now) -> None:
    """Do nothing if a password may be tried for this name from this address now.

    Raises:
        TooManyFailures: too many of them were wrong within five minutes.
    """
    now = clock()
    recent = LoginFailure.objects.filter(address=_network(address), at__gt=now - WITHIN)
    free = max(
        _free_again(recent.filter(name=_hashed(username)), FAILURES),
        _free_again(recent, FAILURES_OF_ADDRESS),
        key=lambda moment: moment or now,
    )
    if free and free > now:
        wait = math.ceil((free - now).total_seconds())
        raise TooManyFailures(f"There were too many failed attempts; try again in {wait} seconds.", wait)


def note_failure(username: str, address: str, clock: Clock = timezone.now) -> None:
    """Count a wrong password."""
    now = clock()
    LoginFailure.objects.filter(at__lte=now - WITHIN).delete()
    LoginFailure.objects.create(at=now, address=_network(address), name=_hashed(username))


def forget_failures(username: str, address: str) -> None:
    """Count anew: the password was right."""
    LoginFailure.objects.filter(address=_network(address), name=_hashed(username)).delete()


def _free_again(failures: "QuerySet[LoginFailure]", allowed: int) -> datetime | None:
    """Return when fewer failures than ``allowed`` will count, None if that is so now."""
    moment = failures.order_by("-at").values_list("at", flat=True)[allowed - 1 : allowed].first()
    return moment + WITHIN if moment else None


def _network(address: str) -> str:
    """Return whom an address stands for: of IPv6 addresses one person has a whole /64."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _hashed(username: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"login:" + username.casefold().encode("utf-8", "replace"), hashlib.sha256).hexdigest()
