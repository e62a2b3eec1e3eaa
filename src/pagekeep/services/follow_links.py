"""Go on to what a captured page links to, as far as its crawl reaches."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F
from orjson import JSONDecodeError, loads

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.config.load import settings
from pagekeep.crawl.identity import identity_of
from pagekeep.crawl.refusal import Refusal
from pagekeep.domain.errors import NotFound
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.take_pages import learn_robots_of, take_pages
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.manifest import Manifest

MAX_LINKS = 10_000
"""Links of one page that are looked at."""
MAX_FILE = 32 * 2**20


def links_to_follow(end: Manifest) -> list[str]:
    """Return the links of a page that was captured, if its crawl goes further than the page.

    It reads a file: call it before the transaction that ends the page.
    """
    if end.status != SnapshotStatus.SUCCEEDED:
        return []
    return links_of(end.snapshot_id)


def links_of(snapshot_id: UUID) -> list[str]:
    """Return the links that were kept of a page, if its crawl goes further than the page. It reads a file, as above."""
    if not Snapshot.objects.filter(pk=snapshot_id, depth__lt=F("crawl__max_depth")).exists():
        return []
    try:
        kept = snapshot_files(snapshot_id).open("outlinks", "outlinks.json")
        found = loads(b"".join(kept)) if kept.size <= MAX_FILE else {}
    except (NotFound, JSONDecodeError):  # the output failed, and says why itself
        return []
    links = found.get("links", []) if isinstance(found, dict) else []
    return [link for link in links if isinstance(link, str)]


def learn_robots_ahead(snapshot_id: UUID) -> None:
    """Fetch the robots.txt that following a page's links will ask for. It takes its time: call it in a thread."""
    if links := links_of(snapshot_id):
        crawl = Crawl.objects.defer("urls").get(snapshots=snapshot_id)
        learn_robots_of(crawl, links[:MAX_LINKS])


def follow_links(snapshot: Snapshot, crawl: Crawl, links: Sequence[str]) -> int:
    """Queue the pages that a page links to and its crawl takes and does not have yet; return how many those are.

    Call it in the transaction that ends the page; see `take_pages`.

    Args:
        crawl: locked, so that no other page's links are followed at the same time.
    """
    if not links or snapshot.depth >= crawl.max_depth:
        return 0
    tracking = settings().tracking_parameters
    # The page itself comes first: most pages link to themselves.
    own = {identity_of(url, tracking) for url in (snapshot.url, snapshot.final_url) if url}
    taken = take_pages(crawl, links[:MAX_LINKS], snapshot.depth + 1, passed_over=own)
    refuse_urls(crawl, _beyond(snapshot, links), snapshot.depth + 1)
    return taken


def _beyond(snapshot: Snapshot, links: Sequence[str]) -> list[Refusal]:
    number = len(links) - MAX_LINKS
    if number <= 0:
        return []
    why = f"This page has {len(links)} links; only the first {MAX_LINKS} are followed."
    return [Refusal(snapshot.url, "too_many_links", why)]
