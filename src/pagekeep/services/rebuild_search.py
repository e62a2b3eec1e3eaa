"""Make the search index anew from database and disk, while the archive is in use."""

from collections.abc import Callable

from pagekeep.search.models import Unread
from pagekeep.services.read_texts import read_unread
from pagekeep.services.wiring import search_index

Told = Callable[[str, int], object]
"""Called with what is being done and how much of it is left."""


def rebuild_search(told: Told) -> bool:
    """Index every snapshot anew, in short transactions: nobody has to wait, and what is cut off goes on from there.

    While it runs, snapshots that it has not come to are not found; it begins with the newest.

    Returns:
        False where it went on with what an earlier rebuild had begun.
    """
    index = search_index()
    began = index.start_refill()
    found = index.agreement()
    left = found.snapshots - found.indexed
    while done := index.refill_some():
        left -= done
        told("snapshots", max(left, 0))
    told("snapshots", 0)
    read_all(told)
    return began


def read_all(told: Told) -> None:
    """Read the files of all snapshots that are yet to be read."""
    told("texts", Unread.objects.count())
    while read_unread():
        told("texts", Unread.objects.count())
    told("texts", 0)
