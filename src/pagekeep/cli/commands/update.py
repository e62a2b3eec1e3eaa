"""``pagekeep update``"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import click

from pagekeep.archive.command_filters import CommandFilters, epoch_seconds
from pagekeep.archive.named_snapshots import named_snapshots
from pagekeep.archive.progress import live_workers
from pagekeep.archive.queries import list_snapshots
from pagekeep.cli.bars import Bars
from pagekeep.cli.exit_codes import STOPPED
from pagekeep.cli.filter_options import filter_options
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import SNAPSHOTS, STDIN, named, stdin_is_given
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.cli.stopping import stoppable
from pagekeep.domain.errors import BadInput
from pagekeep.services.find_matching import find_matching
from pagekeep.services.update_snapshots import Updated, update_named, update_snapshots

SECONDS = 1.0
"""How long a piece of the work may take: between two, it can be stopped."""
PIECE = 100


@click.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@filter_options
@click.option("--all", "all_of_them", is_flag=True, help="All snapshots, whatever standard input is.")
@click.option("--limit", type=click.IntRange(1), help="How many are looked at, at most.")
@click.option("--resume", metavar="TIME", help="Only what was bookmarked then or earlier.")
@click.option("--dry-run", is_flag=True, help="Only say what fits; queue nothing.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    patterns: tuple[str, ...],
    filters: CommandFilters,
    all_of_them: bool,
    limit: int | None,
    resume: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Queue snapshots again whose outputs failed or were not reached; without a filter, all such ones.

    PATTERN is a part of the URL, or what --filter-type says; one of several is enough. With -, or where something is
    piped in and nothing else is said, it is about the snapshots named there: the records another command prints with
    --json, or ids and URLs, one per line. What is kept stays. Cancelled ones are passed over unless --status sealed
    asks for them. Ctrl-C stops, and says how to go on.

    \b
    pagekeep search lighthouse --json | pagekeep update
    """
    filters = replace(filters, filter_patterns=patterns, resume=epoch_seconds(resume or ""), limit=limit)
    if all_of_them and filters.narrow():
        raise BadInput("--all means all snapshots; leave patterns and filters away, or leave --all away.")
    if STDIN in patterns or not (all_of_them or filters.narrow() or not stdin_is_given()):
        if set(patterns) - {STDIN} or replace(filters, filter_patterns=(), status=None).narrow():
            raise BadInput("Standard input names the snapshots; patterns and filters do not go with it.")
        given = named([STDIN], SNAPSHOTS) or []
        open_archive(create=False)
        ids = [snapshot.pk for snapshot in named_snapshots(given)][:limit]
        pieces, number = _by_name(ids, filters.status, queue=not dry_run), len(ids)
        if not given:
            err.print("Standard input named no snapshot; --all means all of them.")
    else:
        open_archive(create=False)
        pieces, number = _by_filter(filters, queue=not dry_run), _expected(filters)
    if not _work(pieces, number, dry_run=dry_run, as_json=as_json):
        ctx.exit(STOPPED)


def _work(pieces: Iterator[Updated], expected: int, *, dry_run: bool, as_json: bool) -> bool:
    """Do it piece by piece and tell what came of it; return whether it came to the end."""
    matched, queued, passed_over, last = 0, 0, Counter[str](), Updated()
    with Bars() as told, stoppable() as stopped:
        for last in pieces:
            matched += len(last.matched)
            queued += len(last.queued)
            passed_over.update(last.passed_over)
            _tell(last.queued, as_json=as_json)
            told("looking", max(expected - matched, 0))
            if stopped() and last.left:
                break
    for why, number in passed_over.items():
        err.print(f"Passed over {number} that {why}.")
    said = f"{count_text(matched, 'snapshot')} looked at, {matched - passed_over.total() if dry_run else queued} "
    (err if as_json else out).print(said + ("to be queued." if dry_run else "queued."))
    if queued and not live_workers():
        err.print(f"No worker is running; capture them with: {how_to('worker --until-idle')}")
    if stopped() and last.left:
        added = f", with --resume {last.resume}" if last.resume else ""
        err.print(f"Stopped; the same command{added} goes on.")
        return False
    if last.left:
        err.print("There are more; leave --sort away, or narrow them.")
    return True


def _by_filter(filters: CommandFilters, *, queue: bool) -> Iterator[Updated]:
    left, seconds = filters.limit, 60.0 if filters.sort else SECONDS
    while True:
        updated = update_snapshots(replace(filters, limit=left), queue=queue, seconds=seconds)
        if left is not None:
            left -= len(updated.matched)
            updated.left = bool(updated.left and left)
        yield updated
        if updated.resume is None or not updated.left:
            return
        filters = replace(filters, resume=float(updated.resume))


def _by_name(ids: Sequence[UUID], status: str | None, *, queue: bool) -> Iterator[Updated]:
    for start in range(0, len(ids), PIECE):
        updated = update_named(ids[start : start + PIECE], status=status, queue=queue)
        updated.left = start + PIECE < len(ids)
        yield updated


def _expected(filters: CommandFilters) -> int:
    """Return how many will be looked at, for a bar; without one nobody needs to count."""
    number = find_matching(filters).count() if err.is_terminal else 0
    return min(number, filters.limit or number)


def _tell(queued: Sequence[UUID], *, as_json: bool) -> None:
    for start in range(0, len(queued) if as_json else 0, PIECE):
        for snapshot in list_snapshots().filter(pk__in=queued[start : start + PIECE]):
            print_json(snapshot_json(snapshot))
