"""Crawls that go on to what their pages link to, and the limits that end them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pagekeep.archive import claiming, queue
from pagekeep.archive.models import ArchiveResult, Crawl, CrawlRefusal, Snapshot
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.config.load import settings
from pagekeep.domain.errors import BrowserDied
from pagekeep.services import refuse_urls as refusing
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.begin_attempt import begin_attempt
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.change_snapshot import change_snapshot
from pagekeep.services.end_attempt import give_back
from pagekeep.services.follow_early import follow_early
from pagekeep.services.follow_links import follow_links
from pagekeep.services.obey_limits import end_overdue_crawls
from pagekeep.services.remove_crawl import remove_crawl
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "https://example.com/"
SITE: dict[str, Sequence[str]] = {
    HOME: [f"{HOME}a#top", f"{HOME}a", f"{HOME}b", f"{HOME}#x", "mailto:me@example.com", "https://example.org/"],
    f"{HOME}a": [HOME, f"{HOME}b", f"{HOME}deep"],
    f"{HOME}deep": [f"{HOME}deeper"],
}


def run_all(engine: FakeEngine, most: int = 1000) -> int:
    """Capture what is due, one page after the other; return how many."""
    owner, done = uuid4(), 0
    while done < most and (snapshot := queue.claim(owner, 60)) is not None:
        asyncio.run(run_capture(snapshot, owner, engine))
        done += 1
    return done


def add(**options: object) -> Added:
    return add_urls([HOME], user=None, plugins=["title"], **options)  # type: ignore[arg-type]


def pages() -> dict[str, int]:
    return dict(Snapshot.objects.order_by("id").values_list("url", "depth"))


def follow(links: list[str]) -> None:
    with transaction.atomic():
        follow_links(Snapshot.objects.get(url=HOME), links)


def crawl() -> Crawl:
    return Crawl.objects.get()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two pages here: politeness has tests of its own."""
    monkeypatch.setattr(claiming, "settings", lambda: settings().model_copy(update={"crawl_delay": 0.0}))


@pytest.fixture(autouse=True)
def _no_files_left() -> object:
    yield
    for pk in Snapshot.objects.values_list("pk", flat=True):
        snapshot_files(pk).remove()


@pytest.mark.parametrize(
    ("depth", "found"),
    [
        (0, {HOME: 0}),
        (1, {HOME: 0, f"{HOME}a": 1, f"{HOME}b": 1, "https://example.org/": 1}),
        (2, {HOME: 0, f"{HOME}a": 1, f"{HOME}b": 1, "https://example.org/": 1, f"{HOME}deep": 2}),
    ],
)
def test_a_crawl_goes_as_deep_as_it_may(depth: int, found: Mapping[str, int]) -> None:
    add(depth=depth, tags=["site"])
    run_all(FakeEngine(links=SITE))
    assert pages() == found
    assert (crawl().status, crawl().outcome) == ("sealed", "finished")
    assert set(Snapshot.objects.values_list("status", "tags__name")) == {("succeeded", "site")}
    refused = [] if not depth else [("mailto:me@example.com", "not_a_url", 1)]
    assert list(CrawlRefusal.objects.values_list("url", "rule", "depth")) == refused
    assert crawl().num_refused == len(refused)


def test_outlinks_are_made_only_where_they_are_followed() -> None:
    add(depth=1)
    engine = FakeEngine(links=SITE)
    run_all(engine)
    assert {request.url: request.plugins for request in engine.requests} == {
        HOME: ("title", "outlinks"),
        **{url: ("title",) for url in pages() if url != HOME},
    }


def test_patterns_keep_links_out_with_the_reason() -> None:
    add(depth=1, config={"URL_ALLOWLIST": r"^https://example\.com/", "URL_DENYLIST": ["/b$"]})
    run_all(FakeEngine(links=SITE))
    assert set(pages()) == {HOME, f"{HOME}a"}
    assert set(CrawlRefusal.objects.values_list("url", "rule")) == {
        ("https://example.org/", "not_allowed"),
        (f"{HOME}b", "denied"),
        ("mailto:me@example.com", "not_a_url"),
    }


def test_a_failed_page_is_not_followed() -> None:
    add(depth=1)
    run_all(FakeEngine(links=SITE, response_status=404))
    assert set(pages()) == {HOME}
    assert crawl().outcome == "finished"


class Watching(FakeEngine):
    """Looks at the archive when an output begins, or breaks off there."""

    def __init__(self, at: str, look: Callable[[], object], **options: Any) -> None:
        super().__init__(**options)
        self._at, self._look = at, look
        self.seen: list[object] = []

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        tell = progress.step

        async def step(name: str) -> None:
            await tell(name)
            if name == self._at:
                self.seen.append(await sync_to_async(self._look)())

        progress.step = step  # type: ignore[method-assign]
        return await super().capture(request, sink, progress)


def test_links_are_followed_while_the_page_is_still_captured() -> None:
    added = add_urls([HOME], user=None, plugins=["title", "pdf"], depth=1)
    engine = Watching("pdf", pages, links=SITE)
    run_all(engine, most=1)
    assert engine.requests[0].plugins == ("title", "outlinks", "pdf")
    found = {HOME: 0, f"{HOME}a": 1, f"{HOME}b": 1, "https://example.org/": 1}
    assert engine.seen == [found]
    assert (pages(), crawl().num_refused) == (found, 1)
    assert Snapshot.objects.get(pk=added.snapshots[0].pk).status == "succeeded"


def test_links_of_a_page_that_breaks_off_later_stay_and_come_once() -> None:
    add_urls([HOME], user=None, plugins=["title", "pdf"], depth=1)

    def die() -> None:
        raise BrowserDied("The browser ended.")

    run_all(Watching("pdf", die, links=SITE), most=1)
    home = Snapshot.objects.get(url=HOME)
    assert home.status == "queued"
    found = pages()
    assert len(found) == 4
    Snapshot.objects.filter(pk=home.pk).update(retry_at=timezone.now())
    run_all(FakeEngine(links=SITE))
    assert Snapshot.objects.get(url=HOME).status == "succeeded"
    assert (pages(), crawl().num_refused, crawl().outcome) == (found, 1, "finished")


def test_a_page_that_lost_its_lease_follows_nothing() -> None:
    add_urls([HOME], user=None, plugins=["title"], depth=1)
    Snapshot.objects.update(retry_at=timezone.now())
    snapshot = queue.claim(uuid4(), 60)
    assert snapshot is not None
    begin_attempt(snapshot.lease_owner, snapshot.pk)  # type: ignore[arg-type]
    with pytest.raises(queue.LeaseLost):
        follow_early(uuid4(), snapshot.pk, HOME, ["https://example.com/a"])
    assert set(pages()) == {HOME}


def test_links_to_where_the_page_led_are_not_followed_early() -> None:
    add_urls(["https://example.com/moved"], user=None, plugins=["title"], depth=1)
    owner = uuid4()
    snapshot = queue.claim(owner, 60)
    assert snapshot is not None
    follow_early(owner, snapshot.pk, HOME, [HOME])
    assert Snapshot.objects.get().final_url == HOME
    assert set(pages()) == {"https://example.com/moved"}


def test_following_twice_changes_nothing() -> None:
    add(depth=1)
    run_all(FakeEngine(links=SITE), most=1)
    before = pages()
    follow(SITE[HOME])
    assert (pages(), crawl().num_refused) == (before, 1)


def test_where_a_redirect_led_is_not_visited_again() -> None:
    add(depth=1)
    Snapshot.objects.create(
        crawl=crawl(),
        url="https://example.com/old",
        final_url=f"{HOME}a",
        status="succeeded",
        created_at=timezone.now(),
        bookmarked_at=timezone.now(),
        timestamp="1.000000",
    )
    run_all(FakeEngine(links=SITE))
    assert f"{HOME}a" not in pages()


@pytest.mark.parametrize("links", ["", [1, None, {}]])
def test_a_strange_list_of_links_is_passed_over(links: object) -> None:
    add(depth=1)
    run_all(FakeEngine(links={HOME: links}))  # type: ignore[dict-item]
    assert set(pages()) == {HOME}
    assert (crawl().status, crawl().outcome) == ("sealed", "finished")


def test_max_urls_leaves_the_rest_out() -> None:
    add(depth=1, max_urls=3)
    run_all(FakeEngine(links=SITE))
    assert set(pages()) == {HOME, f"{HOME}a", f"{HOME}b"}
    assert (crawl().outcome, crawl().limit_reached) == ("limit", "It reached its limit of 3 URLs (max_urls).")
    assert set(CrawlRefusal.objects.values_list("url", "rule")) == {
        ("mailto:me@example.com", "not_a_url"),
        ("https://example.org/", "max_urls"),
    }


def test_max_urls_holds_for_the_urls_given_too() -> None:
    added = add_urls([f"{HOME}{number}" for number in range(5)], user=None, max_urls=2)
    assert [snapshot.url for snapshot in added.snapshots] == [f"{HOME}0", f"{HOME}1"]
    assert len(added.refused) == 3
    run_all(FakeEngine())
    assert (crawl().outcome, crawl().num_refused) == ("limit", 3)


def test_max_size_seals_what_waits() -> None:
    add_urls([f"{HOME}{number}" for number in range(5)], user=None, plugins=["title"], max_size=1)
    assert run_all(FakeEngine()) == 1
    assert (crawl().status, crawl().outcome) == ("sealed", "limit")
    waiting = Snapshot.objects.filter(status="sealed")
    assert waiting.count() == 4
    assert "1 bytes (max_size)" in waiting[0].reason


def test_the_time_of_a_crawl_runs_from_its_first_page_and_not_while_it_is_paused() -> None:
    add_urls([f"{HOME}{number}" for number in range(3)], user=None, plugins=["title"], crawl_timeout=100)
    assert crawl().ends_at is None
    run_all(FakeEngine(), most=1)
    ends_at = crawl().ends_at
    assert ends_at is not None
    assert timedelta(seconds=90) < ends_at - timezone.now() <= timedelta(seconds=100)
    change_crawl(crawl().pk, user=None, action="pause")
    Crawl.objects.update(paused_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now() - timedelta(minutes=59))
    assert end_overdue_crawls() == 0
    change_crawl(crawl().pk, user=None, action="resume")
    ends_at = crawl().ends_at
    assert ends_at is not None
    assert ends_at > timezone.now()
    assert end_overdue_crawls() == 0


def test_a_crawl_whose_time_is_over_gives_up_what_is_open() -> None:
    added = add_urls([f"{HOME}{number}" for number in range(3)], user=None, plugins=["title"], crawl_timeout=100)
    owner = uuid4()
    running = queue.claim(owner, 60)
    assert running is not None
    begin_attempt(owner, running.pk)
    Crawl.objects.update(ends_at=timezone.now())
    assert end_overdue_crawls() == 1
    assert end_overdue_crawls() == 0
    assert set(Snapshot.objects.values_list("status", "lease_owner")) == {("sealed", None)}
    assert "100 seconds (crawl_timeout)" in Snapshot.objects.values_list("reason", flat=True)[0]
    assert set(ArchiveResult.objects.values_list("status", flat=True)) == {"skipped"}
    assert (crawl().status, crawl().outcome, crawl().ends_at) == ("sealed", "limit", None)
    retry_snapshot(added.snapshots[0].pk)
    assert run_all(FakeEngine()) == 1
    assert (crawl().status, crawl().outcome) == ("sealed", "limit")


def test_snapshot_max_size_fails_the_outputs_that_do_not_fit() -> None:
    long = f"{HOME}{'x' * 300}"
    add_urls([long], user=None, plugins=["title", "dom", "pdf"], snapshot_max_size=700)
    engine = FakeEngine()
    run_all(engine)
    (request,) = engine.requests
    assert (request.limits.visit, request.limits.body, request.limits.download_size) == (700, 700, 700)
    results = dict(ArchiveResult.objects.values_list("plugin", "status"))
    assert results == {"title": "succeeded", "dom": "succeeded", "pdf": "failed"}
    assert "snapshot_max_size" in ArchiveResult.objects.get(plugin="pdf").output_str
    assert Snapshot.objects.get().output_size <= 700


def test_links_of_a_page_that_ends_while_its_crawl_is_paused_wait_too() -> None:
    add(depth=1)
    owner = uuid4()
    home = queue.claim(owner, 60)
    assert home is not None
    change_crawl(crawl().pk, user=None, action="pause")
    asyncio.run(run_capture(home, owner, FakeEngine(links=SITE)))
    assert queue.claim(owner, 60) is None
    assert crawl().status == "paused"
    assert set(Snapshot.objects.exclude(url=HOME).values_list("status", "paused_by_crawl")) == {("paused", True)}
    change_crawl(crawl().pk, user=None, action="resume")
    assert run_all(FakeEngine(links=SITE)) == 3
    assert crawl().outcome == "finished"


def test_a_page_given_back_while_its_crawl_is_paused_waits_with_it() -> None:
    add()
    owner = uuid4()
    home = queue.claim(owner, 60)
    assert home is not None
    change_crawl(crawl().pk, user=None, action="pause")
    give_back(owner, home.pk)
    assert queue.claim(owner, 60) is None
    change_crawl(crawl().pk, user=None, action="resume")
    assert queue.claim(owner, 60) is not None


def test_resuming_restores_what_the_pause_paused_and_nothing_else() -> None:
    one, two, three = add_urls([f"{HOME}{number}" for number in range(3)], user=None).snapshots
    change_snapshot(one.pk, user=None, action="pause")
    change_crawl(crawl().pk, user=None, action="pause")
    change_snapshot(two.pk, user=None, action="pause")  # it is already, and is a person's wish from now on
    assert set(Snapshot.objects.values_list("status", flat=True)) == {"paused"}
    change_crawl(crawl().pk, user=None, action="resume")
    states = dict(Snapshot.objects.values_list("pk", "status"))
    assert states == {one.pk: "paused", two.pk: "paused", three.pk: "queued"}


def test_ten_thousand_pages_are_paused_resumed_sealed_tagged_and_removed_in_few_statements() -> None:
    added = add_urls([f"{HOME}{number}" for number in range(10_000)], user=None, tags=["former"])
    pk: UUID = added.crawl.pk
    for change, most in (
        ({"action": "pause"}, 12),
        ({"action": "resume"}, 12),
        ({"tags": ["new"]}, 60),
        ({"status": "sealed"}, 15),
    ):
        with CaptureQueriesContext(connection) as seen:
            change_crawl(pk, user=None, **change)  # type: ignore[arg-type]
        assert len(seen) <= most, change
    assert set(Snapshot.objects.values_list("status", "tags__name").distinct()) == {("sealed", "new")}
    assert remove_crawl(pk) == 10_000
    assert not Snapshot.objects.exists()
    assert not Crawl.objects.exists()


def test_refusals_are_listed_once_and_only_counted_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusing, "MAX_KEPT", 10_000)
    add(depth=1)
    links = [f"ftp://example.com/{number}" for number in range(6000)]
    for some in (links, links, [f"ftp://example.org/{number}" for number in range(6000)]):
        follow(some)
    assert CrawlRefusal.objects.count() == 10_000
    assert crawl().num_refused == 12_000


def test_links_beyond_the_first_ten_thousand_of_a_page_are_told() -> None:
    add(depth=1)
    follow([f"{HOME}{number}" for number in range(10_005)])
    assert Snapshot.objects.filter(depth=1).count() == 10_000
    (refusal,) = CrawlRefusal.objects.all()
    assert (refusal.rule, refusal.url) == ("too_many_links", HOME)
    assert "10005" in refusal.reason
