"""Leases: which worker holds which snapshot. The only writer of leases.

A claimed snapshot carries its worker's id (``lease_owner``) and the end of the lease (``retry_at``). A worker that dies
stops renewing; whoever claims next takes the snapshot over, and what the dead worker still writes is fenced off.

A claim chooses a host first and then its page: each host has two lanes (`models.host.Lane`), of pages that a person
asked for, which go first most times, and of followed links. Of those the one that has been due longest is looked at;
where its host is not to be asked yet (`crawl.politeness`), it is put to sleep until it is. So however much waits for
one host, the others are found at once.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from pagekeep.archive import claiming
from pagekeep.archive.models import Host, Snapshot
from pagekeep.crawl.politeness import next_link_at
from pagekeep.domain.errors import Conflict
from pagekeep.domain.status import SnapshotStatus

POLL = 0.3
"""Seconds between two looks of a worker at an empty queue."""
LINKS_SHARE = 0.25
"""How often followed links go first: a long list of pages that a person asked for shall not stop crawls."""
_CLAIMED = ("url", "domain", "depth", "crawl_id", "attempts", "num_results", "status", "lease_owner", "retry_at")
_LOOKS = 50
"""Lanes that one transaction looks at: others shall write meanwhile."""


class LeaseLost(Conflict):
    """The snapshot was removed, sealed or taken over: its former worker may write nothing more."""


def claim(owner: UUID, lease_seconds: float, *, besides: Collection[UUID] = ()) -> Snapshot | None:
    """Take the first page that is due of those whose host may be asked, and count the attempt.

    Due are queued snapshots whose ``retry_at`` has come, and started ones whose lease has ended; no others have one.

    Args:
        owner: the worker's id.
        lease_seconds: how long it is held unless `heartbeat` renews it.
        besides: snapshots that are left alone: those the worker is at, of which it may not know yet that they were
            lost, lest it does two things with one at the same time.

    Returns:
        The snapshot with what tells which page it is, or None if nothing can be visited now.
    """
    links_first = random.random() < LINKS_SHARE  # noqa: S311 (no secret)
    while claiming.may_be_due(timezone.now()):
        with transaction.atomic():
            now = timezone.now()
            claiming.wake_lanes(now)
            for _ in range(_LOOKS):
                ends = now + timedelta(seconds=lease_seconds)
                found, taken = claiming.take_first(owner, ends, besides, now, links_first=links_first)
                if taken or not found:
                    break
        if taken:
            return Snapshot.objects.filter(pk=taken, lease_owner=owner).only(*_CLAIMED).first()
        if not found:
            return None
    return None


def heartbeat(owner: UUID, snapshot_ids: Collection[UUID], lease_seconds: float) -> list[UUID]:
    """Renew the leases of a worker and return the ids it still holds; the others are lost.

    Args:
        lease_seconds: the new length, from now.
    """
    held = Snapshot.objects.filter(pk__in=snapshot_ids, lease_owner=owner, status=SnapshotStatus.STARTED)
    held.update(retry_at=timezone.now() + timedelta(seconds=lease_seconds))
    return list(held.values_list("pk", flat=True))


def note_visit(host: str, *, followed: bool) -> None:
    """Note that a visit may be asking the host for a page now: when it is asked next counts from here.

    Args:
        host: a snapshot's ``domain``.
        followed: whether the page is a followed link.
    """
    claiming.note_visit(host, followed=followed, now=timezone.now())


BOOKED_LATE = timedelta(seconds=0.1)
"""So much later than the moment that was booked a request may reach its host."""


def book_visit(host: str, delay: float, within_seconds: float) -> datetime:
    """Book the next moment at which a host may be asked for something beside its pages, which then keep to that.

    Whoever has missed it by half of `BOOKED_LATE` books another: the request itself takes some time to the host.

    Args:
        host: as above.
        delay: seconds that the crawl wants between two visits.
        within_seconds: nothing is booked if the moment is later than so long from now.
    """
    with transaction.atomic():
        now = timezone.now()
        Host.objects.get_or_create(name=host, defaults={"visited_at": now})
        moment = next_link_at(Host.objects.select_for_update().get(name=host).state, delay, now)
        if moment <= now + timedelta(seconds=within_seconds):
            claiming.note_visit(host, followed=True, now=moment + BOOKED_LATE)
    return moment


def release(
    owner: UUID, snapshot_id: UUID, *, due: datetime | None = None, reason: str = "", count_attempt: bool
) -> bool:
    """Give a snapshot back as queued.

    Args:
        due: when it may be claimed again; None for at once.
        reason: why it is tried again, one sentence.
        count_attempt: False where the page is not to blame, as when the worker is asked to stop.

    Returns:
        False if the worker did not hold it any more.
    """
    held = Snapshot.objects.filter(pk=snapshot_id, lease_owner=owner, status=SnapshotStatus.STARTED)
    changes = {} if count_attempt else {"attempts": F("attempts") - 1}
    for host, depth in held.values_list("domain", "depth"):
        note_visit(host, followed=depth > 0)  # which it may have asked until now
    return bool(
        held.update(
            status=SnapshotStatus.QUEUED,
            lease_owner=None,
            retry_at=due or timezone.now(),
            current_step="",
            reason=reason,
            modified_at=timezone.now(),
            **changes,
        )
    )


def expire(owners: Collection[UUID]) -> int:
    """End the leases of workers known to be dead, so that their pages can be claimed at once; return how many."""
    held = Snapshot.objects.filter(lease_owner__in=owners, status=SnapshotStatus.STARTED)
    return held.update(retry_at=timezone.now())


def waiting(within_seconds: float) -> bool:
    """Whether a snapshot may be claimed within this time from now: it is due, or its lease ends, and its host free."""
    horizon = timezone.now() + timedelta(seconds=within_seconds)
    # A lane may promise too much after its last page has ended: its moments are only the earliest possible ones.
    return Snapshot.objects.filter(retry_at__lte=horizon).exists() and claiming.may_be_due(horizon)


def held(owner: UUID, snapshot_id: UUID) -> QuerySet[Snapshot]:
    """Return the snapshot if the worker holds it, to be changed in one statement with that condition."""
    return Snapshot.objects.filter(pk=snapshot_id, lease_owner=owner, status=SnapshotStatus.STARTED)
