"""Note what a host's robots.txt says of how often it may be asked."""

from django.utils import timezone

from pagekeep.archive.models import Host, Lane


def note_host(name: str, *, crawl_delay: float | None) -> None:
    """Record the ``Crawl-delay`` of a host's robots.txt for all workers; followed links keep to it.

    Args:
        name: the host's, as a snapshot's ``domain``.
        crawl_delay: seconds, however many (`crawl.politeness.MAX_CRAWL_DELAY` is kept to); None if there is none.
    """
    row = Host(name=name, visited_at=timezone.now(), crawl_delay=crawl_delay)
    Host.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["crawl_delay"])
    Lane.objects.filter(host=name, wakes_at__isnull=False).update(wakes_at=None)  # it may be sooner than was thought
