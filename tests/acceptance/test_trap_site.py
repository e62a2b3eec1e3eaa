"""A crawl of a site full of traps ends within its limits, and every URL it has seen is accounted for."""

from pathlib import Path

from testsite.trap_server import TrapSite
from trap_crawl import CHECKS, crawl_traps

SIZE, MAX_URLS, TABS, DELAY, SECONDS = 200, 120, 4, 0.3, 400


def test_a_crawl_of_a_site_full_of_traps(tmp_path: Path) -> None:
    with TrapSite(SIZE, tmp_path) as site:
        crawled = crawl_traps(site, tmp_path, max_urls=MAX_URLS, tabs=TABS, delay=DELAY, seconds=SECONDS)
        for check in CHECKS:
            check(crawled)
