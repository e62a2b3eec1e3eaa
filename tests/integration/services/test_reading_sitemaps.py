"""Sitemaps of real servers: which pages of theirs a crawl takes, and when it has ended."""

import gzip
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from uuid import uuid4

import pytest
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.crawl_queries import refusals_by_rule
from pagekeep.archive.models import Crawl, CrawlSitemap, Host, Snapshot
from pagekeep.services.add_urls import add_urls
from pagekeep.services.change_crawl import change_crawl
from pagekeep.services.plan_sitemaps import MAX_SITEMAPS, put_sitemaps
from pagekeep.services.read_sitemaps import ATTEMPTS, read_one, read_sitemaps, sitemaps_waiting
from pagekeep.services.remove_crawl import remove_crawl
from pagekeep.services.seal_crawl import seal_crawl
from pagekeep.services.seal_snapshots import seal_snapshots

pytestmark = pytest.mark.django_db(transaction=True)


class _Handler(BaseHTTPRequestHandler):
    server: "Site"

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.server.moments.append(time.monotonic())
        status, body = self.server.files.get(self.path, (404, b""))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    def __init__(self) -> None:
        self.files: dict[str, tuple[int, bytes]] = {}
        self.asked: Counter[str] = Counter()
        self.moments: list[float] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, text: str | bytes, status: int = 200) -> None:
        text = text if isinstance(text, bytes) else text.replace("HERE", self.origin).encode()
        self.files[path] = (status, text)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def crawl(site: Site, path: str = "/docs/start", depth: int = 1, **options: object) -> Crawl:
    config = {"SITEMAPS": True, "CRAWL_DELAY": 0, **options.pop("config", {})}  # type: ignore[dict-item]
    return add_urls(
        [f"{site.origin}{path}"],
        user=None,
        depth=depth,
        allow_private=["127.0.0.1"],
        config=config,
        **options,  # type: ignore[arg-type]
    ).crawl


def read_all() -> None:
    """Read what is due, one after the other, as the duty's threads do."""
    while pk := CrawlSitemap.objects.filter(due_at__lte=timezone.now()).values_list("pk", flat=True).first():
        read_one(pk)


def found() -> dict[str, int]:
    rows = Snapshot.objects.order_by("retry_at", "pk").values_list("url", "depth")
    return {url.split("/", 3)[3]: depth for url, depth in rows}


def urls_xml(*urls: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>{url}</loc></url>" for url in urls) + "</urlset>"


def test_the_sitemaps_a_site_names_are_read_with_all_they_name(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nSitemap: /index.xml\nSitemap: HERE/news.rss")
    site.put("/index.xml", "<sitemapindex><sitemap><loc>HERE/1.xml.gz</loc></sitemap></sitemapindex>")
    site.put("/1.xml.gz", gzip.compress(urls_xml(f"{site.origin}/docs/start#x", f"{site.origin}/a").encode()))
    site.put(
        "/news.rss",
        "<rss><item><link>HERE/news?utm_source=rss</link></item><item><link>HERE/private</link></item></rss>",
    )
    own = crawl(site, config={"OBEY_ROBOTS": True})
    read_all()
    assert found() == {"docs/start": 0, "a": 1, "news": 1}
    assert refusals_by_rule(own.pk) == {"robots": 1}
    assert site.asked == dict.fromkeys(site.files, 1)
    assert not sitemaps_waiting(60)
    rows = CrawlSitemap.objects.order_by("level", "url").values_list("level", "found", "reason")
    assert list(rows) == [(0, 0, ""), (1, 0, ""), (1, 2, ""), (2, 2, "")]


def test_the_usual_place_is_looked_at_where_none_is_named(site: Site) -> None:
    site.put("/sitemap.xml", urls_xml(f"{site.origin}/a"))
    crawl(site)
    read_all()
    assert found() == {"docs/start": 0, "a": 1}


def test_only_pages_of_the_crawls_own_domains_are_taken_and_only_in_its_scope(site: Site) -> None:
    site.put("/sitemap.xml", urls_xml(f"{site.origin}/docs/a", f"{site.origin}/b", "https://example.com/"))
    own = crawl(site)
    read_all()
    assert found() == {"docs/start": 0, "docs/a": 1, "b": 1}
    assert refusals_by_rule(own.pk) == {"out_of_scope": 1}
    Crawl.objects.all().delete()
    own = crawl(site, config={"CRAWL_SCOPE": "prefix"}, max_urls=1)
    read_all()
    assert found() == {"docs/start": 0}
    assert refusals_by_rule(own.pk) == {"out_of_scope": 2, "max_urls": 1}


@pytest.mark.parametrize(("depth", "config"), [(0, {"SITEMAPS": True}), (1, {"SITEMAPS": False})])
def test_nobody_asks_for_sitemaps_unasked(site: Site, depth: int, config: dict[str, object]) -> None:
    crawl(site, depth=depth, config=config)
    read_sitemaps()
    assert not CrawlSitemap.objects.exists()
    assert not site.asked


def test_a_crawl_has_not_ended_before_its_sitemaps_are_read(site: Site) -> None:
    site.put("/sitemap.xml", "nothing here")
    own = crawl(site)
    (seed,) = Snapshot.objects.all()
    seal_snapshots([seed.pk])
    own.refresh_from_db()
    assert own.status == "queued"
    assert not seal_crawl(own.pk)
    read_all()
    own.refresh_from_db()
    assert (own.status, own.outcome) == ("sealed", "finished")
    assert CrawlSitemap.objects.get(level=1).reason == "It lists no URL."


def test_a_crawl_that_is_cancelled_or_paused_reads_none(site: Site) -> None:
    site.put("/sitemap.xml", urls_xml(f"{site.origin}/a"))
    own = crawl(site)
    change_crawl(own.pk, user=None, action="pause")
    read_all_due = CrawlSitemap.objects.filter(due_at__isnull=False)
    read_one(read_all_due.get().pk)
    assert not site.asked
    change_crawl(own.pk, user=None, action="resume")
    change_crawl(own.pk, user=None, status="sealed")
    own.refresh_from_db()
    assert (own.status, own.outcome) == ("sealed", "cancelled")
    assert not read_all_due.exists()
    assert not sitemaps_waiting(60)
    remove_crawl(own.pk)
    assert not CrawlSitemap.objects.exists()


def test_what_cannot_be_read_says_why_after_some_attempts(site: Site) -> None:
    site.put(
        "/robots.txt", "Sitemap: http://10.0.0.1/x.xml\nSitemap: /page.html\nSitemap: /gone.xml\nSitemap: /busy.xml"
    )
    site.put("/busy.xml", "", 503)
    site.put("/page.html", "<html></html>")
    own = crawl(site)
    for _ in range(ATTEMPTS):
        read_all()
        CrawlSitemap.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        Host.objects.update(slow_until=None, delay=None)
    reasons = {url.rpartition("/")[2]: why for url, why in own.sitemaps.filter(level=1).values_list("url", "reason")}
    assert "503" in reasons["busy.xml"]
    assert "404" in reasons["gone.xml"]
    assert "neither a sitemap nor a feed" in reasons["page.html"]
    assert "10.0.0.1" in reasons["x.xml"]
    assert site.asked["/busy.xml"] == ATTEMPTS
    assert not CrawlSitemap.objects.filter(due_at__isnull=False).exists()


def test_sitemaps_of_a_host_come_a_delay_apart_and_so_do_its_pages(site: Site) -> None:
    names = "".join(f"<sitemap><loc>HERE/{number}.xml</loc></sitemap>" for number in range(3))
    site.put("/sitemap.xml", f"<sitemapindex>{names}</sitemapindex>")
    crawl(site, config={"CRAWL_DELAY": 0.4})
    read_all()
    assert sum(site.asked[f"/{number}.xml"] for number in range(3)) == 3
    asked = site.moments[1:]  # robots.txt has to be known first
    assert min(later - one for one, later in pairwise(asked)) >= 0.4 - 0.005
    followed_at = Host.objects.get().followed_at
    assert followed_at is not None
    assert abs((timezone.now() - followed_at).total_seconds() - (time.monotonic() - asked[-1])) < 0.2


def test_a_host_that_is_busy_with_its_sitemaps_is_left_alone(site: Site) -> None:
    site.put("/sitemap.xml", "", 429)
    crawl(site)
    before = timezone.now()
    read_all()
    host, row = Host.objects.get(), CrawlSitemap.objects.get(level=1)
    assert host.slow_until is not None
    assert row.due_at is not None
    assert min(host.slow_until, row.due_at) >= before + timedelta(seconds=14)
    Host.objects.update(slow_until=timezone.now() + timedelta(hours=1))
    CrawlSitemap.objects.filter(pk=row.pk).update(due_at=timezone.now())
    read_all()
    row.refresh_from_db()
    assert site.asked["/sitemap.xml"] == row.attempts == 1
    assert row.due_at == Host.objects.get().slow_until


def test_a_sitemap_that_can_never_be_read_does_not_keep_its_crawl_open(site: Site) -> None:
    site.put("/sitemap.xml", urls_xml(f"{site.origin}/a"))
    own = crawl(site)
    read_one(CrawlSitemap.objects.get().pk)
    Crawl.objects.update(config={"CRAWL_DELAY": "never"})  # as where the settings do not allow it any more
    seal_snapshots(Snapshot.objects.values_list("pk", flat=True))
    for _ in range(ATTEMPTS):
        CrawlSitemap.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        read_all()
    own.refresh_from_db()
    assert own.status == "sealed"
    assert "CRAWL_DELAY" in CrawlSitemap.objects.get(level=1).reason


def test_a_sitemap_that_workers_die_over_is_given_up(site: Site) -> None:
    crawl(site)
    read_one(CrawlSitemap.objects.get().pk)
    CrawlSitemap.objects.filter(level=1).update(attempts=2 * ATTEMPTS)
    read_all()
    row = CrawlSitemap.objects.get(level=1)
    assert (row.due_at, row.reason) == (None, "Workers died over it again and again.")
    assert not site.asked["/sitemap.xml"]


def test_an_index_that_names_itself_or_too_many_ends(site: Site) -> None:
    site.put("/sitemap.xml", "<sitemapindex><sitemap><loc>HERE/sitemap.xml</loc></sitemap></sitemapindex>")
    own = crawl(site)
    read_all()
    assert site.asked["/sitemap.xml"] == 1
    put_sitemaps(own.pk, [f"{site.origin}/{number}" for number in range(2 * MAX_SITEMAPS)], 1)
    assert own.sitemaps.count() == MAX_SITEMAPS


def test_two_workers_read_a_sitemap_once_and_a_dead_ones_is_read_again(site: Site) -> None:
    crawl(site)
    row = CrawlSitemap.objects.get()
    threads = [threading.Thread(target=read_one, args=(row.pk,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    row.refresh_from_db()
    assert (row.attempts, row.due_at, CrawlSitemap.objects.count()) == (1, None, 2)


def test_large_sitemaps_are_queued_in_parts_in_their_order(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LINKS_SHARE", 0.0)
    site.put("/sitemap.xml", "\n".join(f"{site.origin}/{number}" for number in range(1200)))
    crawl(site)
    read_all()
    owner, taken = uuid4(), []
    for _ in range(4):
        claimed = queue.claim(owner, 60)
        assert claimed is not None
        taken.append(claimed.url.rpartition("/")[2])
        later = timezone.now() + timedelta(hours=1)  # its host is free for the next one
        queue.release(owner, claimed.pk, due=later, count_attempt=False)
    assert taken == ["start", "0", "1", "2"]
    assert Snapshot.objects.count() == 1201
