"""Follow the links of a page while its other outputs are still made, so that its crawl does not run out of pages."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Snapshot
from pagekeep.services.follow_links import follow_links
from pagekeep.services.record_result import require_lease


def follow_early(owner: UUID, snapshot_id: UUID, final_url: str, links: Sequence[str]) -> None:
    """Queue the pages that a page links to, as its end would.

    They stay if the page fails later: to follow it again changes nothing.

    Args:
        final_url: where the page led; its links to itself are none to follow.
        links: of the page (see `links_ahead`).

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
    """
    with transaction.atomic():
        require_lease(owner, snapshot_id)
        snapshot = Snapshot.objects.get(pk=snapshot_id)
        snapshot.final_url = final_url
        snapshot.save(update_fields=("final_url", "final_identity"))
        follow_links(snapshot, links)
