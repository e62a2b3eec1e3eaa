"""Have a URL archived again and again."""

from datetime import datetime
from typing import Unpack

from django.contrib.auth.models import User
from django.utils import timezone

from pagekeep.archive.models import Schedule
from pagekeep.config.load import settings
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone
from pagekeep.domain.urls import parse_url
from pagekeep.services.crawl_options import CrawlOptions, crawl_fields

DEFAULT_EVERY = "day"


def add_schedule(
    url: str,
    *,
    user: User | None,
    every: str = "",
    time_zone: str = "",
    only_new: bool = False,
    now: datetime | None = None,
    **options: Unpack[CrawlOptions],
) -> Schedule:
    """Record a schedule; its first run is at the next time that ``every`` names.

    Args:
        every: see `parse_recurrence`; empty for every day.
        time_zone: whose clocks count; empty for the setting's.
        only_new: pass over URLs that have a snapshot by then, the URL itself included.
        now: the present moment.
        options: what each crawl is made with.

    Raises:
        BadInput: URL, recurrence, time zone or an option is bad.
    """
    now = now or timezone.now()
    url, fields = parse_url(url), crawl_fields(options)
    recurrence = parse_recurrence(every.strip() or DEFAULT_EVERY)
    zone = parse_zone(time_zone.strip() or settings().time_zone)
    return Schedule.objects.create(
        created_at=now,
        created_by=user,
        url=url,
        every=recurrence.text,
        time_zone=zone.key,
        only_new=only_new,
        next_run_at=recurrence.next_after(now, zone),
        **fields,
    )
