"""Have a URL archived again and again."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from pagekeep.archive.models import Schedule
from pagekeep.config.load import settings
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone
from pagekeep.crawl.scope import MAX_DEPTH
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url
from pagekeep.services.add_urls import check_limits
from pagekeep.services.crawl_config import crawl_settings, known_plugins
from pagekeep.services.known_persona import known_persona
from pagekeep.services.tagging import clean_names

DEFAULT_EVERY = "day"


def add_schedule(
    url: str,
    *,
    user: User | None,
    every: str = "",
    tags: Iterable[str] = (),
    depth: int = 0,
    only_new: bool = False,
    persona: str = "",
    time_zone: str = "",
    label: str = "",
    notes: str = "",
    config: Mapping[str, object] | None = None,
    plugins: Iterable[str] | None = None,
    max_urls: int = 0,
    max_size: int = 0,
    crawl_timeout: int = 0,
    snapshot_max_size: int = 0,
    now: datetime | None = None,
) -> Schedule:
    """Record a schedule; its first run is at the next time that ``every`` names.

    Args:
        every: see `parse_recurrence`; empty for every day.
        depth: how many links away from the URL each crawl may go, 0 to 4.
        only_new: pass over URLs that have a snapshot by then, the URL itself included.
        persona: who visits the pages; empty for the default.
        time_zone: whose clocks count; empty for the setting's.
        label: of each crawl, as are notes, config, plugins and the limits; see `add_urls`.
        now: the present moment.

    Raises:
        BadInput: URL, recurrence, depth, time zone, a tag, the config or a limit is bad, or there is no such persona.
    """
    now = now or timezone.now()
    url = parse_url(url)
    if not 0 <= depth <= MAX_DEPTH:
        raise BadInput(f"depth={depth} is not possible; it goes from 0 to {MAX_DEPTH}.")
    limits = {"max_urls": max_urls, "max_size": max_size}
    limits |= {"crawl_timeout": crawl_timeout, "snapshot_max_size": snapshot_max_size}
    check_limits(limits)
    chosen, config = known_plugins(plugins or ()), dict(config or {})
    crawl_settings(settings(), chosen, config)  # a bad value is refused now, not at the first run
    recurrence = parse_recurrence(every.strip() or DEFAULT_EVERY)
    zone = parse_zone(time_zone.strip() or settings().time_zone)
    return Schedule.objects.create(
        created_at=now,
        created_by=user,
        url=url,
        every=recurrence.text,
        time_zone=zone.key,
        tags_str=",".join(clean_names(tags)),
        max_depth=depth,
        only_new=only_new,
        persona=known_persona(persona),
        label=label,
        notes=notes,
        config=config,
        plugins=list(chosen),
        **limits,
        next_run_at=recurrence.next_after(now, zone),
    )
