"""Follow the links of a page while its other outputs are still made, so that its crawl does not run out of pages."""

from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.services.follow_links import follow_links, links_of
from pagekeep.services.obey_limits import end_if_full
from pagekeep.services.record_result import require_lease


def follow_early(owner: UUID, snapshot_id: UUID, final_url: str) -> bool:
    """Queue the pages that a page links to, as its end would; return whether that is done.

    They stay if the page fails later: to follow it again changes nothing.

    Args:
        final_url: where the page led; its links to itself are none to follow.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    links = links_of(snapshot_id)
    if not links:
        return False
    with transaction.atomic():
        require_lease(owner, snapshot_id)
        snapshot = Snapshot.objects.get(pk=snapshot_id)
        snapshot.final_url = final_url
        snapshot.save(update_fields=("final_url", "final_identity"))
        crawl = Crawl.objects.select_for_update().defer("urls").get(pk=snapshot.crawl_id)
        if not end_if_full(crawl):
            follow_links(snapshot, crawl, links)
    return True
