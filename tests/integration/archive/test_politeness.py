"""Whose page is claimed next, whoever claims: one host's pages never keep those of another waiting."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.host_queries import slow_hosts, why_it_waits
from pagekeep.archive.lanes import lanes_anew
from pagekeep.archive.models import Crawl, Host, Lane, Snapshot
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import add_urls, new_snapshots
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.forget_hosts import forget_hosts
from pagekeep.services.note_host import note_host
from pagekeep.services.remove_snapshots import remove_snapshots

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """The time the queue of a test goes by; it begins a little ahead, when all that is added is due."""

    def __init__(self) -> None:
        self.moment = timezone.now() + timedelta(seconds=5)

    def now(self) -> datetime:
        return self.moment

    def tick(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(queue, "timezone", found)
    monkeypatch.setattr(queue, "LINKS_SHARE", 0.0)
    return found


def seeds(*urls: str, **config: object) -> list[Snapshot]:
    return list(add_urls([f"https://{url}" for url in urls], user=None, config=config).snapshots)


def links(*urls: str, **config: object) -> list[Snapshot]:
    """Queue pages as a crawl does that has followed links to them."""
    crawl = Crawl.objects.create(created_at=timezone.now(), urls="", max_depth=1, config=config)
    return new_snapshots(crawl, [f"https://{url}" for url in urls], SnapshotStatus.QUEUED, depth=1)


def claim(owner: UUID | None = None) -> str | None:
    """Return the URL of the page that is claimed, without its scheme."""
    snapshot = queue.claim(owner or uuid4(), 60)
    return snapshot.url.removeprefix("https://") if snapshot else None


def end(url: str) -> None:
    """Have a visit end, as a worker does."""
    ended = {"status": SnapshotStatus.SUCCEEDED, "lease_owner": None, "retry_at": None}
    assert Snapshot.objects.filter(url=f"https://{url}", status=SnapshotStatus.STARTED).update(**ended)


def test_two_seeds_of_a_host_at_once_and_the_next_as_soon_as_one_has_ended(clock: Clock) -> None:
    seeds("a.test/1", "a.test/2", "a.test/3", "b.test/1")
    assert [claim() for _ in range(4)] == ["a.test/1", "a.test/2", "b.test/1", None]
    end("a.test/1")
    assert claim() == "a.test/3"
    for url in ("a.test/2", "a.test/3", "b.test/1"):
        assert queue.waiting(60)
        end(url)
    assert not queue.waiting(60), "nothing is left to wait for"


def test_followed_links_come_one_at_a_time_and_a_delay_apart(clock: Clock) -> None:
    links("a.test/1", "a.test/2", "a.test/3")
    assert [claim(), claim()] == ["a.test/1", None]
    clock.tick(30)
    assert claim() is None, "the first is still being visited"
    end("a.test/1")
    assert claim() == "a.test/2"
    clock.tick(0.5)
    end("a.test/2")
    assert claim() is None
    clock.tick(0.49)
    assert claim() is None
    clock.tick(0.01)
    assert claim() == "a.test/3"


def test_followed_links_without_a_delay_come_two_at_once(clock: Clock) -> None:
    links("a.test/1", "a.test/2", "a.test/3", CRAWL_DELAY=0)
    assert [claim(), claim(), claim()] == ["a.test/1", "a.test/2", None]
    end("a.test/1")
    assert claim() == "a.test/3"


def test_the_delay_counts_from_when_the_page_was_surely_asked_for(clock: Clock) -> None:
    links("a.test/1", "a.test/2")
    claim()
    clock.tick(0.9)
    queue.note_visit("a.test", followed=True)
    end("a.test/1")
    clock.tick(0.9)
    assert claim() is None
    clock.tick(0.1)
    assert claim() == "a.test/2"


def test_the_first_link_comes_a_delay_after_the_seed(clock: Clock) -> None:
    seeds("a.test/")
    assert claim() == "a.test/"
    links("a.test/1")
    end("a.test/")
    clock.tick(0.9)
    assert claim() is None
    clock.tick(0.1)
    assert claim() == "a.test/1"


def test_seeds_without_end_do_not_stop_followed_links(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LINKS_SHARE", 1.0)
    links("a.test/link")
    seeds(*(f"a.test/{number}" for number in range(60)))
    taken = []
    while "a.test/link" not in taken:
        taken.append(claim() or "")
        assert taken[-1]
        end(taken[-1])
        clock.tick(0.4)
    assert len(taken) < 30


def test_a_crawl_sets_its_own_delay(clock: Clock) -> None:
    links("a.test/1", "a.test/2", CRAWL_DELAY=5)
    claim()
    end("a.test/1")
    clock.tick(4.9)
    assert claim() is None
    clock.tick(0.1)
    assert claim() == "a.test/2"


def test_a_host_keeps_the_delay_its_robots_txt_asks_for(clock: Clock) -> None:
    note_host("a.test", crawl_delay=3)
    clock.tick(10)
    links("a.test/1", "a.test/2")
    claim()
    end("a.test/1")
    clock.tick(2.9)
    assert claim() is None
    note_host("a.test", crawl_delay=None)
    assert claim() == "a.test/2"


def test_the_visit_of_a_dead_worker_counts_from_when_it_was_found_dead(clock: Clock) -> None:
    first, _ = links("a.test/1", "a.test/2")
    dead = uuid4()
    assert claim(dead) == "a.test/1"
    clock.tick(20)
    assert queue.expire([dead]) == 1
    assert claim() is None
    clock.tick(1)
    assert claim() == "a.test/2", "the one that was queued first is due later now"
    end("a.test/2")
    clock.tick(1)
    assert claim() == "a.test/1"
    first.refresh_from_db()
    assert first.attempts == 2


def test_one_host_that_waits_keeps_no_other_waiting(clock: Clock) -> None:
    links(*(f"slow.test/{number}" for number in range(300)))
    claim()
    links(*(f"host-{number}.test/" for number in range(50)))
    with CaptureQueriesContext(connection) as seen:
        assert claim() == "host-0.test/"
    assert len(seen) < 25
    assert [claim() for _ in range(49)] == [f"host-{number}.test/" for number in range(1, 50)]
    assert claim() is None


def test_what_a_person_asked_for_goes_before_followed_links_else_the_page_queued_first(clock: Clock) -> None:
    links("b.test/1", "c.test/1")
    seeds("a.test/1", "c.test/2")
    assert [claim() for _ in range(4)] == ["a.test/1", "c.test/2", "b.test/1", None]
    clock.tick(1)
    assert claim() == "c.test/1"


def test_no_worker_takes_its_own_page_again_that_it_still_works_on(clock: Clock) -> None:
    (page,) = seeds("a.test/1")
    owner = uuid4()
    claim(owner)
    clock.tick(61)
    assert queue.claim(owner, 60, besides=[page.pk]) is None
    seeds("a.test/2")
    clock.tick(61)
    other = queue.claim(owner, 60, besides=[page.pk])
    assert other is not None
    assert other.url == "https://a.test/2"
    assert claim(uuid4()) == "a.test/1"


def test_what_is_paused_resumed_and_removed_is_found_again(clock: Clock) -> None:
    first, _ = links("a.test/1", "a.test/2")
    change_crawl(first.crawl_id, user=None, action="pause")
    assert claim() is None
    assert not queue.waiting(3600)
    change_crawl(first.crawl_id, user=None, action="resume")
    taken = claim()
    assert taken in ("a.test/1", "a.test/2")
    remove_snapshots([Snapshot.objects.get(url=f"https://{taken}").pk])
    clock.tick(1)
    assert {taken, claim()} == {"a.test/1", "a.test/2"}


def test_a_page_put_off_to_a_later_moment_is_claimed_then(clock: Clock) -> None:
    (page,) = seeds("a.test/1")
    owner = uuid4()
    claim(owner)
    assert queue.release(owner, page.pk, due=clock.now() + timedelta(hours=2), reason="Later.", count_attempt=True)
    page.refresh_from_db()
    assert page.reason == "Later."
    clock.tick(3600)
    assert claim() is None
    assert not queue.waiting(60)
    assert queue.waiting(3601)
    clock.tick(3600)
    assert claim() == "a.test/1"
    page.refresh_from_db()
    assert page.reason == ""


def test_lanes_can_be_made_anew(clock: Clock) -> None:
    links("a.test/1", "a.test/2")
    seeds("b.test/1")
    Lane.objects.all().delete()
    assert claim() is None
    lanes_anew()
    assert {claim() for _ in range(2)} == {"a.test/1", "b.test/1"}


def test_hosts_without_use_are_forgotten(clock: Clock) -> None:
    seeds("old.test/1", "busy.test/1")
    links("waiting.test/1", "waiting.test/2", "waiting.test/3")
    for _ in range(3):
        end(claim() or "")
    clock.tick(61)
    end(claim() or "")
    later: datetime = clock.now() + timedelta(days=2)
    Host.objects.filter(name="busy.test").update(slow_until=later + timedelta(hours=1))
    assert claim() is None
    assert forget_hosts(clock.now()) == 0
    assert forget_hosts(later) == 1
    assert set(Host.objects.values_list("name", flat=True)) == {"busy.test", "waiting.test"}
    assert not Lane.objects.filter(host="old.test").exists()
    seeds("old.test/2")
    clock.tick(60)
    assert {claim() for _ in range(2)} == {"old.test/2", "waiting.test/3"}


def test_a_person_is_told_why_a_page_waits(clock: Clock) -> None:
    links("a.test/1", "a.test/2", CRAWL_DELAY=4)

    def why(url: str) -> str:
        return why_it_waits(Snapshot.objects.get(url=f"https://{url}"), 1.0, clock.now())

    assert why("a.test/1") == "It waits for a worker to take it."
    claim()
    assert claim() is None
    assert why("a.test/1") == ""
    assert why("a.test/2") == "It waits until another page of a.test is captured."
    end("a.test/1")
    assert claim() is None
    assert why("a.test/2") == "It waits because pages of a.test are visited 4 seconds apart."
    until = clock.now() + timedelta(minutes=2)
    Host.objects.update(slow_until=until, delay=2.0)
    assert "a.test asked to be left alone until" in why("a.test/2")
    assert [(host.name, host.delay, host.until) for host in slow_hosts(now=clock.now())] == [("a.test", 2.0, until)]
    other = Crawl.objects.create(created_at=clock.now())
    assert slow_hosts(crawl_id=other.pk) == []
    assert [host.name for host in slow_hosts(crawl_id=Crawl.objects.exclude(pk=other.pk).get().pk)] == ["a.test"]
    Host.objects.create(name="c.test", visited_at=until, delay=9.0)  # nothing of it waits
    assert [host.name for host in slow_hosts()] == ["a.test"]
    (later,) = seeds("b.test/1")
    Snapshot.objects.filter(pk=later.pk).update(retry_at=clock.now() + timedelta(minutes=1))
    assert why("b.test/1").startswith("It is due at ")
