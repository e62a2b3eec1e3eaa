"""``pagekeep remove``"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from pagekeep.archive.command_filters import CommandFilters, FilterType
from pagekeep.archive.models import Snapshot
from pagekeep.archive.queries import SnapshotFilters, find_snapshot, list_snapshots
from pagekeep.cli.filter_options import filter_options
from pagekeep.cli.inputs import STDIN, gather
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, json_option, out, print_json, size_text
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.urls import shorten
from pagekeep.services.find_matching import find_matching
from pagekeep.services.remove_snapshots import remove_snapshots


@click.command()
@click.argument("references", nargs=-1, metavar="[REF|URL|PATTERN]...")
@filter_options
@click.option("--limit", type=click.IntRange(1), help="How many at most.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(references: tuple[str, ...], filters: CommandFilters, limit: int | None, yes: bool, as_json: bool) -> None:
    """Remove snapshots with all their files, for good.

    REF is a snapshot's id, the beginning of one, or its timestamp; a URL means every snapshot of it. With an option
    that filters, what fits is removed, and arguments are patterns of --filter-type (by default whole URLs). What will
    be removed is shown first, and nothing is removed if one of the references is not found.
    """
    filters = replace(filters, limit=limit)
    by_filter = filters.narrow() or filters.filter_type is not None
    wanted = gather(references) if references or not by_filter else []
    if not wanted and not filters.narrow():
        raise BadInput("Nothing was named; give ids or URLs, which pagekeep list shows, or filters.")
    open_archive(create=False)
    snapshots = _fitting(filters, wanted) if by_filter else _named(wanted, limit)
    found = {snapshot.pk: snapshot for snapshot in snapshots}
    for snapshot in found.values():
        err.print(f"{snapshot.pk} {snapshot.url} ({size_text(snapshot.output_size)})")
    if found and not yes:
        _ask(len(found), from_stdin=bool(wanted) and (not references or STDIN in references))
    removed = remove_snapshots(found)
    if as_json:
        for snapshot_id in removed.snapshot_ids:
            print_json({"type": "removed", "id": str(snapshot_id), "url": found[snapshot_id].url})
    else:
        number = count_text(len(removed.snapshot_ids), "snapshot")
        out.print(f"{number} removed; the archive holds {removed.remaining}.")


def _fitting(filters: CommandFilters, patterns: Sequence[str]) -> Iterable[Snapshot]:
    if not all(pattern.strip() for pattern in patterns):
        raise BadInput("A pattern is empty; remove must be told what to remove.")
    kind = filters.filter_type or FilterType.EXACT
    filters = replace(filters, filter_patterns=tuple(patterns), filter_type=kind)
    return find_matching(filters, filters.limit).prefetch_related(None)[: filters.limit]


def _named(references: Sequence[str], limit: int | None) -> Iterable[Snapshot]:
    return [snapshot for reference in references for snapshot in _find(reference)][:limit]


def _find(reference: str) -> list[Snapshot]:
    if "://" not in reference:
        return [find_snapshot(reference, with_results=False)]
    found = list(list_snapshots(SnapshotFilters(url=reference)))
    if not found:
        raise NotFound(f"There is no snapshot of {shorten(reference)} in this archive; nothing was removed.")
    return found


def _ask(number: int, *, from_stdin: bool) -> None:
    if from_stdin or not sys.stdin.isatty():
        raise BadInput("Nobody is there to be asked; add --yes to remove them.")
    click.confirm(f"Remove {count_text(number, 'snapshot')} for good?", abort=True, err=True)
