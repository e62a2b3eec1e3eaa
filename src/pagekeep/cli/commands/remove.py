"""``pagekeep remove``"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from pagekeep.archive.command_filters import CommandFilters, FilterType
from pagekeep.archive.models import Snapshot
from pagekeep.archive.named_snapshots import named_snapshots
from pagekeep.cli.bars import Bars
from pagekeep.cli.exit_codes import STOPPED
from pagekeep.cli.filter_options import filter_options
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import SNAPSHOTS, STDIN, named
from pagekeep.cli.printing import count_text, err, json_option, out, print_json, size_text
from pagekeep.cli.stopping import stoppable
from pagekeep.domain.errors import BadInput
from pagekeep.services.find_matching import find_matching
from pagekeep.services.remove_snapshots import remove_snapshots

SHOWN = 100
"""Snapshots that are shown one by one before they are removed."""
PIECE = 50


@click.command()
@click.argument("references", nargs=-1, metavar="[REF|URL|PATTERN]...")
@filter_options
@click.option("--limit", type=click.IntRange(1), help="How many at most.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    references: tuple[str, ...],
    filters: CommandFilters,
    limit: int | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove snapshots with all their files, for good.

    REF is a snapshot's id, the beginning of one, or its timestamp; a URL means every snapshot of it. Without any, and
    for -, they are read from standard input: one per line, or the records another command prints with --json. With an
    option that filters, what fits is removed, and arguments are patterns of --filter-type (by default whole URLs).
    What will be removed is shown first, and nothing is removed if one of the references is not found. Ctrl-C stops
    between two snapshots.
    """
    filters = replace(filters, limit=limit)
    by_filter = filters.narrow() or filters.filter_type is not None
    wanted = named(references, SNAPSHOTS) if references or not by_filter else []
    if not wanted and not filters.narrow():
        raise BadInput("Nothing was named; give ids or URLs, which pagekeep list shows, or filters.")
    open_archive(create=False)
    found = _fitting(filters, wanted or ()) if by_filter else named_snapshots(wanted or ())[:limit]
    if dry_run:
        for snapshot in found:
            _show(snapshot, as_json=as_json)
        err.print(f"{_number(found)} would be removed.")
        return
    for snapshot in found[:SHOWN]:
        err.print(_line(snapshot))
    if len(found) > SHOWN:
        err.print(f"… and {len(found) - SHOWN} more; --dry-run shows all.")
    if found and not yes:
        _ask(found, from_stdin=bool(wanted) and (not references or STDIN in references))
    if not _remove(found, as_json=as_json):
        ctx.exit(STOPPED)


def _remove(found: Sequence[Snapshot], *, as_json: bool) -> bool:
    """Remove them piece by piece; return whether all are."""
    urls, done = {snapshot.pk: snapshot.url for snapshot in found}, 0
    removed = remove_snapshots([])
    with Bars() as told, stoppable() as stopped:
        for start in range(0, len(found), PIECE):
            if stopped():
                break
            piece = found[start : start + PIECE]
            removed = remove_snapshots(snapshot.pk for snapshot in piece)
            for snapshot_id in removed.snapshot_ids if as_json else ():
                print_json({"type": "removed", "id": str(snapshot_id), "url": urls[snapshot_id]})
            done += len(piece)
            told("removing", len(found) - done)
    if not as_json:
        out.print(f"{count_text(done, 'snapshot')} removed; the archive holds {removed.remaining}.")
    if done < len(found):
        err.print(f"Stopped; {count_text(len(found) - done, 'snapshot')} were left. The same command removes the rest.")
    return done == len(found)


def _fitting(filters: CommandFilters, patterns: Sequence[str]) -> list[Snapshot]:
    if not all(pattern.strip() for pattern in patterns):
        raise BadInput("A pattern is empty; remove must be told what to remove.")
    kind = filters.filter_type or FilterType.EXACT
    filters = replace(filters, filter_patterns=tuple(patterns), filter_type=kind)
    return list(find_matching(filters, filters.limit).prefetch_related(None)[: filters.limit])


def _show(snapshot: Snapshot, *, as_json: bool) -> None:
    if as_json:
        size = {"output_size": snapshot.output_size}
        print_json({"type": "snapshot", "id": str(snapshot.pk), "url": snapshot.url, **size})
    else:
        out.print(_line(snapshot))


def _line(snapshot: Snapshot) -> str:
    return f"{snapshot.pk} {snapshot.url} ({size_text(snapshot.output_size)})"


def _number(found: Sequence[Snapshot]) -> str:
    return f"{count_text(len(found), 'snapshot')} ({size_text(sum(snapshot.output_size for snapshot in found))})"


def _ask(found: Sequence[Snapshot], *, from_stdin: bool) -> None:
    if from_stdin or not sys.stdin.isatty():
        raise BadInput("Nobody is there to be asked; add --yes to remove them.")
    click.confirm(f"Remove {_number(found)} for good?", abort=True, err=True)
