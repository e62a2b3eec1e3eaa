"""``pagekeep update``"""

from collections import Counter
from dataclasses import replace

import click

from pagekeep.archive.command_filters import CommandFilters, epoch_seconds
from pagekeep.archive.progress import live_workers
from pagekeep.cli.filter_options import filter_options
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.services.update_snapshots import update_snapshots


@click.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@filter_options
@click.option("--limit", type=click.IntRange(1), help="How many are looked at, at most.")
@click.option("--resume", metavar="TIME", help="Only what was bookmarked then or earlier.")
@click.option("--dry-run", is_flag=True, help="Only say what fits; queue nothing.")
@json_option
def command(
    patterns: tuple[str, ...],
    filters: CommandFilters,
    limit: int | None,
    resume: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Queue snapshots again whose outputs failed or were not reached; without a filter, all such ones.

    PATTERN is a part of the URL, or what --filter-type says; one of several is enough. What is kept stays. Cancelled
    ones are passed over unless --status sealed asks for them.
    """
    open_archive(create=False)
    filters = replace(filters, filter_patterns=patterns, resume=epoch_seconds(resume or ""))
    matched, queued, passed_over = 0, 0, Counter[str]()
    while True:
        left = None if limit is None else limit - matched
        updated = update_snapshots(replace(filters, limit=left), queue=not dry_run)
        matched += len(updated.matched)
        queued += len(updated.queued)
        passed_over.update(updated.passed_over)
        for snapshot_id in updated.queued if as_json else ():
            print_json({"type": "queued", "id": str(snapshot_id)})
        if updated.resume is None or (limit is not None and matched >= limit):
            break
        filters = replace(filters, resume=float(updated.resume))
    for why, number in passed_over.items():
        err.print(f"Passed over {number} that {why}.")
    if updated.left and filters.sort:
        err.print("There are more; leave --sort away, or narrow them.")
    said = f"{count_text(matched, 'snapshot')} looked at, {matched - passed_over.total() if dry_run else queued} "
    (err if as_json else out).print(said + ("to be queued." if dry_run else "queued."))
    if queued and not live_workers():
        err.print(f"No worker is running; capture them with: {how_to('worker --until-idle')}")
