import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections

from pagekeep.archive.models import Crawl, Schedule, Snapshot
from pagekeep.archive.schedule_queries import next_runs
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus
from pagekeep.services import run_schedules as running
from pagekeep.services.add_schedule import add_schedule
from pagekeep.services.change_persona import change_persona
from pagekeep.services.change_schedules import pause_schedules, remove_schedules, resume_schedules
from pagekeep.services.make_persona import make_persona
from pagekeep.services.remove_persona import remove_persona
from pagekeep.services.run_schedules import run_now, run_schedules

pytestmark = pytest.mark.django_db
URL = "https://example.com/feed"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def schedule(every: str = "day", **options: Any) -> Schedule:
    return add_schedule(URL, user=None, every=every, now=NOON, **options)


def end_crawls() -> None:
    Crawl.objects.update(status=CrawlStatus.SEALED)


def test_a_schedule_runs_when_its_time_comes_and_not_before() -> None:
    made = schedule(tags=["a", "B b"], depth=1)
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert made.next_run_at == midnight
    assert run_schedules(now=midnight - timedelta(microseconds=1)) == []
    (crawl_id,) = run_schedules(now=midnight)
    assert run_schedules(now=midnight) == []
    crawl = Crawl.objects.get(pk=crawl_id)
    assert (crawl.max_depth, crawl.tags_str) == (1, "a,B b")
    assert str(made.pk) in crawl.notes
    assert [snapshot.url for snapshot in Snapshot.objects.all()] == [URL]
    made.refresh_from_db()
    assert (made.last_crawl_id, made.num_runs, made.last_run_at) == (crawl_id, 1, midnight)
    assert made.next_run_at == midnight + DAY


def test_its_pages_are_visited_as_its_persona_and_never_as_somebody_else() -> None:
    work = make_persona("Work", user=None)
    made = schedule(persona="work")
    change_persona(work.pk, name="Office")
    run_now([made.pk], now=NOON)
    assert Crawl.objects.get().persona == "Office"
    remove_persona(work.pk)
    assert run_now([made.pk], now=NOON) == []
    made.refresh_from_db()
    assert "There is no persona 'Office'" in made.problem
    with pytest.raises(BadInput, match="There is no persona"):
        schedule(persona="Nobody")


def test_its_crawls_go_as_far_as_it_says() -> None:
    limits = {"max_urls": 5, "max_size": 10**9, "crawl_timeout": 3600, "snapshot_max_size": 10**6}
    config = {"CRAWL_SCOPE": "host", "SAVE_PDF": False}
    made = schedule(depth=2, label="Docs", notes="Why", config=config, plugins=["title", "pdf"], **limits)
    run_now([made.pk], now=NOON)
    crawl = Crawl.objects.get()
    assert {name: getattr(crawl, name) for name in limits} == limits
    assert (crawl.label, crawl.config, crawl.plugins, crawl.max_depth) == ("Docs", config, ["title", "pdf"], 2)
    assert crawl.notes.endswith("\nWhy")


def test_the_next_runs_are_told_unless_it_is_paused() -> None:
    made = schedule("30 2 * * *", time_zone="Europe/Berlin")
    first = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert next_runs(made) == [first, first + DAY, first + 2 * DAY]
    Schedule.objects.update(time_zone="Gone/Away")
    assert next_runs(Schedule.objects.get()) == [first]
    pause_schedules([made.pk])
    assert next_runs(Schedule.objects.get()) == []


def test_missed_runs_are_made_up_once() -> None:
    schedule("minute")
    late = NOON + 5 * DAY + timedelta(seconds=30)
    assert len(run_schedules(now=late)) == 1
    end_crawls()
    assert run_schedules(now=late) == []
    assert Schedule.objects.get().next_run_at == late + timedelta(seconds=30)


def test_a_run_waits_for_the_crawl_before_it_and_says_so() -> None:
    made = schedule("3600")
    run_schedules(now=NOON + timedelta(hours=1))
    assert run_schedules(now=NOON + timedelta(hours=2)) == []
    made.refresh_from_db()
    assert made.problem.startswith("The run of 2026-03-01 14:00 UTC was passed over")
    assert str(made.last_crawl_id) in made.problem
    assert (made.num_runs, made.next_run_at) == (1, NOON + timedelta(hours=3))
    end_crawls()
    assert len(run_schedules(now=NOON + timedelta(hours=3))) == 1
    made.refresh_from_db()
    assert (made.num_runs, made.problem) == (2, "")


def test_a_known_url_is_archived_again_unless_only_new() -> None:
    again, only_new = schedule(), schedule(only_new=True)
    for chosen, number in ((again, 1), (again, 2), (only_new, 2)):
        run_now([chosen.pk], now=NOON)
        assert Snapshot.objects.count() == number
    assert set(Schedule.objects.values_list("problem", flat=True)) == {""}


def test_a_paused_one_does_not_run_and_makes_nothing_up() -> None:
    made = schedule()
    assert pause_schedules([made.pk]) == 1
    assert pause_schedules([made.pk]) == 0
    assert run_schedules(now=NOON + 3 * DAY) == []
    assert resume_schedules([made.pk], now=NOON + 3 * DAY) == 1
    assert resume_schedules([made.pk], now=NOON + 3 * DAY) == 0
    assert run_schedules(now=NOON + 3 * DAY) == []
    assert len(run_schedules(now=NOON + 4 * DAY)) == 1


def test_running_now_leaves_the_next_time_as_it_is() -> None:
    made = schedule()
    pause_schedules([made.pk])
    assert len(run_now([made.pk], now=NOON)) == 1
    assert len(run_now([made.pk], now=NOON)) == 1, "also while the crawl before it works"
    again = Schedule.objects.get()
    assert (again.next_run_at, again.num_runs, again.is_enabled) == (made.next_run_at, 2, False)


def test_removing_keeps_what_was_archived() -> None:
    made, other = schedule(), schedule()
    run_schedules(now=NOON + DAY)
    assert remove_schedules([made.pk]) == 1
    assert remove_schedules([made.pk]) == 0
    assert list(Schedule.objects.all()) == [other]
    assert remove_schedules() == 1
    assert Snapshot.objects.count() == 2


def test_its_user_may_go(admin_user: User) -> None:
    made = add_schedule(URL, user=admin_user, now=NOON)
    admin_user.delete()
    assert len(run_schedules(now=NOON + DAY)) == 1
    made.refresh_from_db()
    assert made.created_by is None


@pytest.mark.parametrize(
    ("change", "told", "enabled"),
    [
        ({"url": "file:///etc/passwd"}, "file", True),
        ({"every": "never"}, "never", False),
        ({"time_zone": "Nowhere"}, "Nowhere", False),
    ],
)
def test_what_cannot_run_says_why_and_harms_no_other(change: dict[str, str], told: str, enabled: bool) -> None:
    bad, good = schedule(), schedule()
    Schedule.objects.filter(pk=bad.pk).update(**change)
    assert len(run_schedules(now=NOON + DAY)) == 1
    assert run_schedules(now=NOON + DAY) == []
    bad.refresh_from_db()
    assert told in bad.problem
    assert bad.is_enabled is enabled
    assert Schedule.objects.get(pk=good.pk).num_runs == 1


def test_an_error_of_our_own_is_noted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = schedule()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(running, "add_urls", broken)
    assert run_schedules(now=NOON + DAY) == []
    made.refresh_from_db()
    assert "ZeroDivisionError" in made.problem
    assert made.next_run_at > NOON + DAY
    assert made.num_runs == 0


@pytest.mark.parametrize(
    "options",
    [
        {"url": "file:///etc/passwd"},
        {"url": "/etc/passwd"},
        {"url": ""},
        {"every": "sometimes"},
        {"every": "0 0 31 2 *"},
        {"depth": 5},
        {"depth": -1},
        {"max_urls": -1},
        {"config": {"TIMEOUT": "never"}},
        {"plugins": ["telepathy"]},
        {"time_zone": "Mars/Olympus"},
        {"tags": ["x" * 300]},
        {"label": "x" * 256},
    ],
)
def test_what_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        add_schedule(options.pop("url", URL), user=None, **options)
    assert not Schedule.objects.exists()


def test_clocks_of_its_own_zone_count() -> None:
    made = schedule("day", time_zone="America/New_York")
    assert made.next_run_at == datetime(2026, 3, 2, 5, tzinfo=UTC)
    run_schedules(now=datetime(2026, 3, 8, 6, tzinfo=UTC))  # the night the clocks go forward
    assert Schedule.objects.get().next_run_at == datetime(2026, 3, 9, 4, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_many_workers_make_one_crawl() -> None:
    for _ in range(5):
        schedule()
    together = threading.Barrier(4)

    def worker(_: int) -> int:
        try:
            together.wait(10)
            return len(run_schedules(now=NOON + DAY))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(worker, range(4))) == 5
    assert Crawl.objects.count() == 5
