"""Make the crawls of schedules whose time has come."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pagekeep.archive.models import Crawl, Schedule
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.status import CrawlStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.tagging import split_tags

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Schedules run in one round; the next round follows within a second."""


def run_schedules(*, now: datetime | None = None) -> list[UUID]:
    """Run every schedule that is due, once, however many of its times have passed; return the ids of the crawls.

    One whose last crawl has not ended is passed over, and says so: crawls do not pile up.

    A schedule is claimed by moving its next time on, in the transaction that makes the crawl: any number of processes
    may call this at once, and be killed at any moment, and each run happens exactly once.

    Args:
        now: the present moment.
    """
    now = now or timezone.now()
    due = Schedule.objects.filter(is_enabled=True, next_run_at__lte=now).order_by("next_run_at", "id")
    made = [_run(schedule, now, forced=False) for schedule in due[:AT_ONCE]]
    return [crawl_id for crawl_id in made if crawl_id]


def run_now(schedule_ids: Iterable[UUID], *, now: datetime | None = None) -> list[UUID]:
    """Run these schedules at once, paused ones too; their next time stays. Return the ids of the crawls.

    Args:
        now: the present moment.
    """
    now = now or timezone.now()
    chosen = Schedule.objects.filter(pk__in=list(schedule_ids)).order_by("created_at", "id")
    made = [_run(schedule, now, forced=True) for schedule in chosen]
    return [crawl_id for crawl_id in made if crawl_id]


def _run(schedule: Schedule, now: datetime, *, forced: bool) -> UUID | None:
    """Make one crawl, or note why not; return its id, None if there is none."""
    following = None
    try:
        following = schedule.next_run_at if forced else _following(schedule, now)
        with transaction.atomic():
            if not _claim(schedule, now, next_run_at=following):
                return None
            if not forced and _is_open(schedule.last_crawl_id):
                _note(schedule, problem=_passed_over(schedule))
                return None
            crawl = _crawl(schedule)
            _note(schedule, problem="", last_crawl=crawl, num_runs=F("num_runs") + 1)
            return crawl.pk
    except PagekeepError as error:
        problem = str(error)
    except Exception as error:
        log.exception("The schedule %s failed unexpectedly", schedule.pk)
        problem = f"Pagekeep itself made an error ({type(error).__name__}: {error}); its log has the details."
    # Without a next time it would fail every second.
    _claim(schedule, now, problem=problem, **({"next_run_at": following} if following else {"is_enabled": False}))
    return None


def _crawl(schedule: Schedule) -> Crawl:
    return add_urls(
        [schedule.url],
        user=schedule.created_by,
        tags=split_tags(schedule.tags_str),
        depth=schedule.max_depth,
        only_new=schedule.only_new,
        persona=schedule.persona,
        label=schedule.label,
        notes=f"Made by the schedule {schedule.pk}, every {schedule.every}.\n{schedule.notes}".rstrip(),
        config=schedule.config,
        plugins=schedule.plugins,
        max_urls=schedule.max_urls,
        max_size=schedule.max_size,
        crawl_timeout=schedule.crawl_timeout,
        snapshot_max_size=schedule.snapshot_max_size,
    ).crawl


def _following(schedule: Schedule, now: datetime) -> datetime:
    return parse_recurrence(schedule.every).next_after(now, parse_zone(schedule.time_zone))


def _claim(schedule: Schedule, now: datetime, **changes: Any) -> bool:
    """Note that it ran; return False if someone else has done that, or removed, paused or resumed it."""
    same = Schedule.objects.filter(pk=schedule.pk, next_run_at=schedule.next_run_at, is_enabled=schedule.is_enabled)
    return bool(same.update(last_run_at=now, modified_at=timezone.now(), **changes))


def _is_open(crawl_id: UUID | None) -> bool:
    working = (CrawlStatus.QUEUED, CrawlStatus.STARTED)
    return Crawl.objects.filter(pk=crawl_id, status__in=working).exists() if crawl_id else False


def _passed_over(schedule: Schedule) -> str:
    when = schedule.next_run_at.strftime("%Y-%m-%d %H:%M")
    return f"The run of {when} UTC was passed over: the crawl before it ({schedule.last_crawl_id}) had not ended."


def _note(schedule: Schedule, **changes: Any) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(**changes)
