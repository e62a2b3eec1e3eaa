"""Finding snapshots that somebody names: by many ids at once, by a short reference, or by URL."""

from collections.abc import Iterable
from uuid import UUID

from pagekeep.archive.models import Snapshot
from pagekeep.archive.references import find_one, id_range, timestamp_match
from pagekeep.domain.errors import NotFound
from pagekeep.domain.urls import shorten

BATCH = 500
_COLUMNS = ("id", "crawl_id", "url", "title", "timestamp", "status", "output_size")


def named_snapshots(references: Iterable[str]) -> list[Snapshot]:
    """Return the snapshots that references name, each once, in order, with the columns that tell which page it is.

    It takes one statement for every 500 full ids, and one for each other reference.

    Args:
        references: ids, unambiguous beginnings of ids, timestamps; or URLs, which mean every snapshot of them.

    Raises:
        NotFound: one names nothing.
        AmbiguousReference: one names several.
    """
    wanted = list(dict.fromkeys(reference.strip() for reference in references))
    by_id = _by_id([found for reference in wanted if (found := _full_id(reference))])
    snapshots: dict[UUID, Snapshot] = {}
    for reference in wanted:
        known = by_id.get(_full_id(reference) or UUID(int=0))
        for snapshot in [known] if known else _others(reference):
            snapshots.setdefault(snapshot.pk, snapshot)
    return list(snapshots.values())


def _by_id(ids: list[UUID]) -> dict[UUID, Snapshot]:
    found: dict[UUID, Snapshot] = {}
    for start in range(0, len(ids), BATCH):
        found |= Snapshot.objects.only(*_COLUMNS).in_bulk(ids[start : start + BATCH])
    return found


def _others(reference: str) -> list[Snapshot]:
    rows = Snapshot.objects.only(*_COLUMNS)
    if "://" not in reference:
        return [find_one(rows, [id_range(reference), timestamp_match(reference)], "snapshot", reference)]
    found = list(rows.filter(url=reference, hidden=False).order_by("-bookmarked_at", "-id"))
    if not found:
        raise NotFound(f"There is no snapshot of {shorten(reference)} in this archive.")
    return found


def _full_id(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None
