"""Forget hosts that nothing has been asked of for long."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pagekeep.archive.models import Host, Lane

FORGOTTEN_AFTER = timedelta(days=1)
AT_ONCE = 500


def forget_hosts(now: datetime | None = None) -> int:
    """Delete hosts that were not visited for a day and of which nothing waits; return how many. A duty of workers.

    Args:
        now: None for the clock's time.
    """
    moment = now or timezone.now()
    waiting = Lane.objects.filter(host=OuterRef("name"), due_at__isnull=False)
    old = Host.objects.filter(visited_at__lt=moment - FORGOTTEN_AFTER).filter(
        Q(slow_until__isnull=True) | Q(slow_until__lt=moment)
    )
    names = list(old.filter(~Exists(waiting)).values_list("name", flat=True)[:AT_ONCE])
    if names:
        # Asked again in the statement: a page may have been queued meanwhile.
        Lane.objects.filter(host__in=names, due_at__isnull=True).delete()
        old.filter(~Exists(waiting), name__in=names).delete()
    return len(names)
