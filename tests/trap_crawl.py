"""A crawl of the site full of traps by a real worker with a real browser, and what must hold afterwards."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from pagekeep.config.declarations import Settings
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
from testsite.trap_server import NETWORK, Arrival, TrapSite
from testsite.traps import CRAWL_DELAY, KINDS, RETRY_AFTER

DEPTH = 4
POLITE, RULED = (name in Settings.model_fields for name in ("crawl_delay", "obey_robots"))
EARLY = 0.005
"""Seconds by which a request may come too early: what the noting of arrivals is sure of."""
_SESSION = re.compile(r";jsessionid=[^/?#]*|PHPSESSID=[^&#]*")
_ADD = """
import sys, django
django.setup()
from pagekeep.services.add_urls import add_urls
added = add_urls([sys.argv[1]], user=None, depth=int(sys.argv[2]), max_urls=int(sys.argv[3]))
print(added.crawl.pk)
"""
_TELL = """
import json, sys, django
django.setup()
from pagekeep.archive.models import Crawl, CrawlRefusal, Snapshot
crawl = Crawl.objects.get()
columns = ("id", "url", "final_url", "depth", "status", "reason", "response_status", "attempts")
told = {
    "crawl": {name: getattr(crawl, name) for name in ("status", "outcome", "limit_reached", "num_refused")},
    "pages": list(Snapshot.objects.values(*columns)),
    "refused": list(CrawlRefusal.objects.values("url", "rule", "reason")),
}
print(json.dumps(told, default=str))
"""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What is left of a crawl: its row, its pages, what it refused, and what the site's hosts were asked."""

    site: TrapSite
    root: Path
    crawl: dict[str, Any]
    pages: list[dict[str, Any]]
    refused: list[dict[str, str]]
    arrivals: list[Arrival]
    max_urls: int
    delay: float

    def statuses(self) -> Counter[str]:
        """Return how many pages have each status."""
        return Counter(page["status"] for page in self.pages)

    def links(self) -> Iterator[str]:
        """Yield every link of every page whose links are followed, as its own outlinks tell."""
        for page in self.pages:
            if page["status"] == "succeeded" and page["depth"] < DEPTH:
                files = SnapshotFiles(DataDir(self.root), UUID(page["id"]))
                found = json.loads(b"".join(files.open("outlinks", "outlinks.json")))
                for link in found["links"]:
                    yield urljoin(page["final_url"], link)

    def visits(self) -> dict[str, list[Arrival]]:
        """Return by host the requests that began visits of followed links, which is all but the first page."""
        by_host: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in self.arrivals:
            if arrival.is_page and (arrival.kind, arrival.path) != (KINDS[0], "/"):
                by_host[arrival.kind].append(arrival)
        return by_host


def crawl_traps(site: TrapSite, folder: Path, *, max_urls: int, tabs: int, delay: float, seconds: float) -> Crawled:
    """Crawl the whole site from its first page; return what came of it.

    Args:
        delay: seconds between two visits of followed links to a host, where it asks for no more.
        seconds: after so long it has to have ended.
    """
    root = folder / "data"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    own = {"DATA_DIR": str(root), "ALLOW_PRIVATE": NETWORK, "PLUGINS": "title,outlinks", "BEHAVIOURS": "none"}
    own |= {"TIMEOUT": "10", "SETTLE_TIMEOUT": "1", "LOG_LEVEL": "warning", "WORKER_NICENESS": "0"}
    if POLITE:
        own["CRAWL_DELAY"] = str(delay)
    environ = kept | {f"PAGEKEEP_{name}": value for name, value in own.items()}
    environ["DJANGO_SETTINGS_MODULE"] = "pagekeep.project.settings"

    def run(*command: str, seconds: float = 60) -> str:
        done = subprocess.run(
            [sys.executable, *command], env=environ, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    pagekeep = ("-m", "pagekeep.cli.main")
    run(*pagekeep, "init")
    run("-c", _ADD, site.traps.start(), str(DEPTH), str(max_urls))
    run(*pagekeep, "worker", "--tabs", str(tabs), "--until-idle", seconds=seconds)
    told = json.loads(run("-c", _TELL))
    return Crawled(site, root, told["crawl"], told["pages"], told["refused"], site.arrivals(), max_urls, delay)


def check_delays(crawled: Crawled) -> None:
    """No visit to a host begins earlier than the delay after the one before, less what noting it is sure of."""
    for kind, visits in crawled.visits().items():
        least = max(crawled.delay, CRAWL_DELAY if kind == "robots" and RULED else 0.0)
        early = [
            (other.path, other.at - one.at) for one, other in pairwise(visits) if other.at - one.at < least - EARLY
        ]
        assert not early, (kind, least, early[:10])


def check_patience(crawled: Crawled) -> None:
    """A host that asked for patience is left alone for as long, and its pages are captured in the end."""
    visits = crawled.visits()["busy"]
    refusals = [one for one in visits if one.status in (429, 503)]
    for one, other in pairwise(visits):
        assert one not in refusals or other.at - one.at >= RETRY_AFTER - EARLY, (one, other)
    served = {visit.path for visit in visits if visit.status == 200}
    assert {refusal.path for refusal in refusals} - {"/never"} <= served


def check_rules(crawled: Crawled) -> None:
    """What robots.txt forbids is asked of nobody, and refused by a rule of that name."""
    assert not [arrival for arrival in crawled.arrivals if arrival.path.startswith("/private/")]
    forbidden = [refusal for refusal in crawled.refused if "/private/" in refusal["url"]]
    assert forbidden
    assert all("robots" in refusal["rule"] for refusal in forbidden), forbidden


def check_walls(crawled: Crawled) -> None:
    """A wall in front of a page is not taken for the page."""
    walls = [page for page in crawled.pages if "/wall/" in page["url"]]
    assert walls
    assert not [page for page in walls if page["status"] == "succeeded"]


def check_limits(crawled: Crawled) -> None:
    """It has ended within its limits, and every kind of host was visited."""
    assert crawled.crawl["status"] == "sealed", crawled.crawl
    assert len(crawled.pages) <= crawled.max_urls
    assert crawled.crawl["outcome"] == ("limit" if len(crawled.pages) == crawled.max_urls else "finished"), (
        crawled.crawl
    )
    assert max(page["depth"] for page in crawled.pages) <= DEPTH
    assert {crawled.site.kind_of(page["url"]) for page in crawled.pages} == set(KINDS)


def check_accounts(crawled: Crawled) -> None:
    """Every URL it has seen is a page that succeeded or failed, or was refused with a reason; none is both."""
    assert set(crawled.statuses()) <= {"succeeded", "failed"}, crawled.statuses()
    pages = {page["url"] for page in crawled.pages}
    known = {page_of(url) for page in crawled.pages for url in (page["url"], page["final_url"])}
    refused = {refusal["url"] for refusal in crawled.refused}
    assert not pages & refused
    assert len(refused) <= crawled.crawl["num_refused"]
    assert all(refusal["rule"] and refusal["reason"] for refusal in crawled.refused)
    if len(refused) == crawled.crawl["num_refused"]:  # else they are too many to be listed, and only counted
        lost = {page_of(link) for link in crawled.links()} - known - {page_of(url) for url in refused}
        assert not lost, sorted(lost)[:20]


def check_reasons(crawled: Crawled) -> None:
    """A page that failed says why, in a sentence; one that succeeded was answered."""
    for page in crawled.pages:
        if page["status"] == "failed":
            assert page["reason"].endswith("."), page
        else:
            assert page["response_status"] == 200, page


def check_requests(crawled: Crawled) -> None:
    """No page was asked for that was not taken, and none more often than it was tried."""
    origins = dict(zip(KINDS, crawled.site.traps.origins, strict=True))
    visits = (arrival for arrival in crawled.arrivals if arrival.is_page)
    asked = Counter(page_of(f"{origins[visit.kind]}{visit.path}") for visit in visits)
    attempts: Counter[str] = Counter()
    for page in crawled.pages:
        attempts[page_of(page["url"])] += page["attempts"]
    often = {url: number for url, number in asked.items() if number > attempts[url]}
    assert not often, often


def check_redirects(crawled: Crawled) -> None:
    """Chains of redirects lead to their end, and loops and endless chains fail."""
    for page in crawled.pages:
        kind, _, name = page["url"].rpartition("/")
        if not kind.endswith("/go"):
            continue
        hops = crawled.site.traps.hops(int(name))
        if hops is None or hops > 20:
            assert page["status"] == "failed", page
        elif hops < 15:
            assert page["status"] == "succeeded", page
            assert page["final_url"].endswith(f"/end/{name}"), page


def page_of(url: str) -> str:
    """Return what two URLs of the site have in common that are the same page: neither place in it nor session id."""
    return _SESSION.sub("", url.partition("#")[0]).rstrip("?")


CHECKS = (
    *(check_limits, check_accounts, check_reasons, check_requests, check_redirects, check_walls),
    *((check_delays, check_patience) if POLITE else ()),
    *((check_rules,) if RULED else ()),
)
