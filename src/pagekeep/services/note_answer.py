"""Slow a host down that answers 429 or 503, and let it recover once it answers well again."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Host
from pagekeep.archive.page_facts import is_slowed_down
from pagekeep.crawl.politeness import HostState, busy_wait, recovered, slowed_down


def note_good_answer(host: str) -> None:
    """Note that a host has answered, and not that it is busy.

    Args:
        host: the name of the one that answered, as a snapshot's ``domain``.
    """
    if is_slowed_down(host):
        _change(host, recovered)


def note_busy(host: str, attempts: int, retry_after: float | None = None) -> float:
    """Note that a host has answered 429 or 503; return in how many seconds it is to be asked again.

    Args:
        host: as above.
        attempts: how often it has been asked for the same.
        retry_after: what it wants, None if it said nothing.
    """
    wait = busy_wait(attempts, retry_after)
    now = timezone.now()
    _change(host, lambda state: slowed_down(state, wait, now))
    return wait


def _change(host: str, change: Callable[[HostState], HostState]) -> None:
    with transaction.atomic():
        Host.objects.get_or_create(name=host, defaults={"visited_at": timezone.now()})
        state = change(Host.objects.select_for_update().get(name=host).state)
        Host.objects.filter(name=host).update(delay=state.delay, slow_until=state.slow_until)
