"""robots.txt of real servers, and what crawls make of it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.crawl_queries import refusals_by_rule
from pagekeep.archive.models import Crawl, RobotsFile, Snapshot
from pagekeep.capture.testing import FakeEngine
from pagekeep.services import learn_robots as learning
from pagekeep.services.add_urls import add_urls
from pagekeep.services.learn_robots import FRESH, GIVEN_UP, USER_AGENT, forget_old_robots, learn_robots
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)


class _Handler(BaseHTTPRequestHandler):
    server: "Site"

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.server.agents.add(self.headers["User-Agent"])
        self.server.open.wait(30)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        with suppress(OSError):  # who waited long enough has gone
            self.wfile.write(self.server.robots.encode())

    def log_message(self, *_: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    """A server that answers every request with a robots.txt; pages are only ever asked of the fake engine."""

    def __init__(self, robots: str, status: int = 200, location: str = "") -> None:
        self.robots, self.status, self.location = robots, status, location
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.open = threading.Event()
        self.open.set()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    made: list[Site] = []
    yield made
    for site in made:
        site.open.set()
        site.shutdown()
        site.server_close()


@pytest.fixture(autouse=True)
def _no_files_left() -> Iterator[None]:
    yield
    for pk in Snapshot.objects.values_list("pk", flat=True):
        snapshot_files(pk).remove()


def serve(sites: list[Site], robots: str = "", status: int = 200, location: str = "") -> Site:
    site = Site(robots, status, location)
    sites.append(site)
    threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
    return site


def crawl(*urls: str, **config: object) -> Crawl:
    config = {"OBEY_ROBOTS": True, "CRAWL_DELAY": 0} | config
    added = add_urls(urls, user=None, plugins=["title"], depth=1, allow_private=["127.0.0.1"], config=config)
    return added.crawl


def run_all(links: dict[str, Sequence[str]]) -> list[str]:
    """Capture what is due; return the URLs that were visited."""
    engine, owner = FakeEngine(links=links), uuid4()
    while (snapshot := queue.claim(owner, 60)) is not None:
        asyncio.run(run_capture(snapshot, owner, engine))
    return [request.url for request in engine.requests]


def due_now() -> None:
    RobotsFile.objects.update(expires_at=timezone.now())
    Snapshot.objects.filter(status="queued").update(retry_at=timezone.now())


def test_links_that_robots_txt_excludes_are_refused_and_seeds_are_taken(sites: list[Site]) -> None:
    site = serve(sites, "User-agent: *\nDisallow: /private\n\nUser-agent: Other\nDisallow: /")
    home = f"{site.origin}/private/home"
    own = crawl(home)
    visited = run_all({home: [f"{site.origin}/a", f"{site.origin}/private/b"]})
    assert visited == [home, f"{site.origin}/a"]
    assert refusals_by_rule(own.pk) == {"robots": 1}
    assert site.asked == {"/robots.txt": 1}
    assert site.agents == {USER_AGENT}
    own.refresh_from_db()
    assert (own.status, own.outcome, own.num_refused) == ("sealed", "finished", 1)


def test_a_crawl_may_do_without(sites: list[Site]) -> None:
    site = serve(sites, "User-agent: *\nDisallow: /")
    crawl(f"{site.origin}/", OBEY_ROBOTS="no")
    assert len(run_all({f"{site.origin}/": [f"{site.origin}/a"]})) == 2
    assert not site.asked


@pytest.mark.parametrize(("status", "location"), [(404, ""), (403, ""), (302, "/again")])
def test_no_robots_txt_allows_all(sites: list[Site], status: int, location: str) -> None:
    site = serve(sites, "User-agent: *\nDisallow: /", status, location)
    crawl(f"{site.origin}/")
    assert len(run_all({f"{site.origin}/": [f"{site.origin}/a"]})) == 2
    assert sum(site.asked.values()) == (6 if location else 1)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_in_trouble_is_left_alone_for_a_while(sites: list[Site], status: int) -> None:
    site = serve(sites, "User-agent: *\nDisallow: /b", status)
    own, home = crawl(f"{site.origin}/"), f"{site.origin}/"
    links = {home: [f"{site.origin}/a", f"{site.origin}/b"]}
    assert run_all(links) == [home]
    assert Snapshot.objects.filter(status="queued", retry_at__gt=timezone.now() + timedelta(seconds=20)).count() == 2
    site.status = 200
    due_now()
    assert run_all(links) == [f"{site.origin}/a"]
    assert refusals_by_rule(own.pk) == {"robots": 1}


def test_a_site_that_stays_in_trouble_is_given_up_with_the_reason(sites: list[Site]) -> None:
    site = serve(sites, status=503)
    own, home = crawl(f"{site.origin}/"), f"{site.origin}/"
    links = {home: [f"{site.origin}/{number}" for number in range(20)]}
    for _ in range(GIVEN_UP):
        run_all(links)
        due_now()
    own.refresh_from_db()
    assert (own.status, own.num_refused) == ("sealed", 20)
    assert refusals_by_rule(own.pk) == {"robots_unreachable": 20}
    assert site.asked["/robots.txt"] == GIVEN_UP
    assert "answered with 503" in own.refusals.all()[0].reason
    RobotsFile.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    other = crawl(home)
    assert run_all(links) == [home]
    assert refusals_by_rule(other.pk) == {"robots_unreachable": 20}


def test_what_changed_since_a_page_was_queued_counts(sites: list[Site]) -> None:
    site = serve(sites)
    own, home = crawl(f"{site.origin}/"), f"{site.origin}/"
    owner, engine = uuid4(), FakeEngine(links={home: [f"{site.origin}/{number}" for number in range(5)]})
    first = queue.claim(owner, 60)
    assert first is not None
    asyncio.run(run_capture(first, owner, engine))
    assert Snapshot.objects.filter(status="queued").count() == 5
    site.robots = "User-agent: Pagekeep\nDisallow: /"
    RobotsFile.objects.update(expires_at=timezone.now())
    assert run_all({}) == []
    assert refusals_by_rule(own.pk) == {"robots": 5}
    assert set(Snapshot.objects.values_list("url", flat=True)) == {home}
    own.refresh_from_db()
    assert own.status == "sealed"


def test_what_is_known_is_fetched_once_by_all(sites: list[Site]) -> None:
    site = serve(sites)
    own = crawl(f"{site.origin}/")
    site.open.clear()
    threads = [threading.Thread(target=learn_robots, args=([site.origin], own)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads[:-1]:
        thread.join(0.2)
    site.open.set()
    for thread in threads:
        thread.join(30)
    learn_robots([site.origin], own)
    assert site.asked == {"/robots.txt": 1}
    row = RobotsFile.objects.get()
    assert timedelta(hours=23) < row.expires_at - timezone.now() <= FRESH
    assert forget_old_robots() == 0
    RobotsFile.objects.update(expires_at=timezone.now() - 2 * FRESH)
    assert forget_old_robots() == 1


def test_silence_is_waited_for_no_longer_than_bearable(sites: list[Site], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SECONDS", 0.3)
    silent, many = serve(sites), [serve(sites) for _ in range(learning.AT_ONCE)]
    silent.open.clear()
    own = crawl(f"{silent.origin}/")
    learn_robots([silent.origin, *(site.origin for site in many)], own)
    assert RobotsFile.objects.count() == learning.AT_ONCE
    assert "within 0." in RobotsFile.objects.get(origin=silent.origin).reason
    assert not many[-1].asked


def test_private_addresses_are_not_asked(sites: list[Site]) -> None:
    site = serve(sites, "User-agent: *\nDisallow: /")
    own = add_urls(["https://example.com/"], user=None, depth=1).crawl
    learn_robots([site.origin], own)
    assert not site.asked
    row = RobotsFile.objects.get()
    assert (row.reason, row.expires_at < timezone.now() + timedelta(minutes=2)) == ("", True)
