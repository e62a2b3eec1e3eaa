"""Go on to what a captured page links to, as far as its crawl reaches."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F
from orjson import JSONDecodeError, loads

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.crawl.scope import Refusal, at_most, limit_of_urls, next_links, same_page, scope_of
from pagekeep.domain.errors import NotFound
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services.add_urls import new_snapshots
from pagekeep.services.obey_limits import note_limit
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.tagging import add_tags, ensure_tags, split_tags
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


def follow_links(snapshot: Snapshot, crawl: Crawl, links: Sequence[str]) -> int:
    """Queue the pages that a page links to and its crawl takes and does not have yet; return how many those are.

    Those of a paused crawl wait until it is resumed. What is refused is counted with its reason. To do it twice for a
    page changes nothing. Call it in the transaction that ends the page.

    Args:
        crawl: locked, so that no other page's links are followed at the same time.
    """
    if not links or snapshot.depth >= crawl.max_depth:
        return 0
    depth = snapshot.depth + 1
    # The page itself comes first: most pages link to themselves.
    near = next_links(links[:MAX_LINKS], same_page(snapshot.url) | same_page(snapshot.final_url))
    choice = scope_of(crawl.config).choose(near)
    wanted = next_links(choice.taken, _known(crawl)) if choice.taken else []
    already = Snapshot.objects.filter(crawl_id=crawl.pk).count() if crawl.max_urls else 0
    fitting = at_most(crawl.max_urls, wanted, already)
    paused = crawl.status == CrawlStatus.PAUSED
    status = SnapshotStatus.PAUSED if paused else SnapshotStatus.QUEUED
    added = new_snapshots(crawl, fitting.taken, status, depth=depth, paused_by_crawl=paused)
    add_tags(added, ensure_tags(split_tags(crawl.tags_str), crawl.created_by))
    refuse_urls(crawl, [*choice.refused, *fitting.refused, *_beyond(snapshot, links)], depth)
    if fitting.refused:
        note_limit(crawl, limit_of_urls(crawl.max_urls))
    return len(added)


def _known(crawl: Crawl) -> set[str]:
    """Return every spelling of the pages the crawl has, where redirects led included."""
    known: set[str] = set()
    for url, final_url in Snapshot.objects.filter(crawl_id=crawl.pk).values_list("url", "final_url"):
        known |= same_page(url)
        if final_url and final_url != url:
            known |= same_page(final_url)
    return known


def _beyond(snapshot: Snapshot, links: Sequence[str]) -> list[Refusal]:
    number = len(links) - MAX_LINKS
    if number <= 0:
        return []
    why = f"This page has {len(links)} links; only the first {MAX_LINKS} are followed."
    return [Refusal(snapshot.url, "too_many_links", why)]
