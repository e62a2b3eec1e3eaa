"""Reads about hosts: why a page that is queued is not visited yet. A constant number of SQL statements each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from pagekeep.archive.models import Host, Lane, Snapshot
from pagekeep.crawl.politeness import delay_between, delay_of
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import SnapshotStatus


@dataclass(frozen=True, slots=True)
class SlowHost:
    """A host that has asked not to be asked so often (429 or 503).

    Attributes:
        delay: seconds between two visits until it has recovered.
        until: before this moment nothing is asked of it; None if it has come.
    """

    name: str
    delay: float
    until: datetime | None


def slow_hosts(most: int = 20, now: datetime | None = None, *, crawl_id: UUID | None = None) -> list[SlowHost]:
    """Return the hosts that are slowed down and have pages waiting, those waited for longest first: 1 statement.

    Args:
        crawl_id: only those that have pages of this crawl waiting.
    """
    moment = now or timezone.now()
    waiting: QuerySet[Any] = Lane.objects.filter(host=OuterRef("name"), due_at__isnull=False)
    if crawl_id:
        pages = Snapshot.objects.filter(crawl_id=crawl_id, status=SnapshotStatus.QUEUED)
        waiting = pages.filter(domain=OuterRef("name"))
    hosts = Host.objects.filter(Exists(waiting), delay__isnull=False)
    hosts = hosts.order_by(F("slow_until").desc(nulls_last=True), "name")
    return [
        SlowHost(
            host.name, host.delay or 0.0, host.slow_until if host.slow_until and host.slow_until > moment else None
        )
        for host in hosts[:most]
    ]


def why_it_waits(snapshot: Snapshot, own_delay: float, now: datetime | None = None) -> str:
    """Return why a queued snapshot is not visited yet, in one sentence; empty if it is not queued: 3 statements.

    Args:
        own_delay: the setting's seconds between two followed links of a host.
    """
    if snapshot.status != SnapshotStatus.QUEUED or snapshot.retry_at is None:
        return ""
    moment, name = now or timezone.now(), snapshot.domain
    followed = snapshot.depth > 0
    host = Host.objects.filter(name=name).first()
    if host and host.slow_until and host.slow_until > moment:
        return f"{name} asked to be left alone until {_told(host.slow_until)}, as it answered 429 or 503."
    if snapshot.retry_at > moment:
        return f"It is due at {_told(snapshot.retry_at)}."
    lane = Lane.objects.filter(host=name, followed=followed).first()
    if lane is None or lane.wakes_at is None or lane.wakes_at <= moment:
        return "It waits for a worker to take it."
    if Snapshot.objects.filter(domain=name, lease_owner__isnull=False, retry_at__gt=moment).exists():
        return f"It waits until another page of {name} is captured."
    seconds = delay_between(host.state, _delay(snapshot, own_delay)) if host else own_delay
    return f"It waits because pages of {name} are visited {seconds:g} seconds apart."


def _delay(snapshot: Snapshot, own: float) -> float:
    try:
        return delay_of(snapshot.crawl.config, own)
    except BadInput:
        return own


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
