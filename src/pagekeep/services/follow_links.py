"""Go on to what a captured page links to, as far as its crawl reaches."""

from collections.abc import Sequence
from uuid import UUID

from orjson import JSONDecodeError, loads

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.page_facts import goes_further
from pagekeep.config.load import settings
from pagekeep.crawl.identity import identity_of
from pagekeep.crawl.refusal import Refusal
from pagekeep.domain.errors import NotFound
from pagekeep.services.obey_limits import end_if_full
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.take_pages import learn_robots_of, take_pages
from pagekeep.services.wiring import snapshot_files

MAX_LINKS = 10_000
"""Links of one page that are looked at."""
MAX_FILE = 32 * 2**20


def links_ahead(snapshot_id: UUID) -> list[str]:
    """Return the links that were kept of a page, if its crawl goes further than the page.

    The robots.txt that following them will ask for are known afterwards. It takes its time: call it in a thread, and
    never in a transaction.
    """
    links = _links_of(snapshot_id)
    if links:
        crawl = Crawl.objects.defer("urls").get(snapshots=snapshot_id)
        learn_robots_of(crawl, links[:MAX_LINKS])
    return links


def _links_of(snapshot_id: UUID) -> list[str]:
    if not goes_further(snapshot_id):
        return []
    try:
        kept = snapshot_files(snapshot_id).open("outlinks", "outlinks.json")
        found = loads(b"".join(kept)) if kept.size <= MAX_FILE else {}
    except (NotFound, JSONDecodeError):  # the output failed, and says why itself
        return []
    links = found.get("links", []) if isinstance(found, dict) else []
    return [link for link in links if isinstance(link, str)]


def follow_links(snapshot: Snapshot, links: Sequence[str]) -> None:
    """Queue the pages that a page links to and its crawl takes and does not have yet, unless the crawl is full.

    Call it in the transaction that ends the page; see `take_pages`.
    """
    # Locked, so that no other page's links are followed at the same time.
    crawl = Crawl.objects.select_for_update().defer("urls").get(pk=snapshot.crawl_id)
    if end_if_full(crawl) or not links or snapshot.depth >= crawl.max_depth:
        return
    tracking = settings().tracking_parameters
    # The page itself comes first: most pages link to themselves.
    own = {identity_of(url, tracking) for url in (snapshot.url, snapshot.final_url) if url}
    take_pages(crawl, links[:MAX_LINKS], snapshot.depth + 1, passed_over=own)
    refuse_urls(crawl, _beyond(snapshot, links), snapshot.depth + 1)


def _beyond(snapshot: Snapshot, links: Sequence[str]) -> list[Refusal]:
    number = len(links) - MAX_LINKS
    if number <= 0:
        return []
    why = f"This page has {len(links)} links; only the first {MAX_LINKS} are followed."
    return [Refusal(snapshot.url, "too_many_links", why)]
