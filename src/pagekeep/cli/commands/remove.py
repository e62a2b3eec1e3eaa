"""``pagekeep remove``"""

import sys

import click

from pagekeep.archive.models import Snapshot
from pagekeep.archive.queries import SnapshotFilters, find_snapshot, list_snapshots
from pagekeep.cli.inputs import STDIN, gather
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, json_option, out, print_json, size_text
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.urls import shorten
from pagekeep.services.remove_snapshots import remove_snapshots


@click.command()
@click.argument("references", nargs=-1, metavar="[REF|URL]...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(references: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove snapshots with all their files, for good.

    REF is a snapshot's id, the beginning of one, or its timestamp; a URL means every snapshot of it. What will be
    removed is shown first, and nothing is removed if one of them is not found.
    """
    wanted = gather(references)
    if not wanted:
        raise BadInput("Nothing was named; give ids or URLs, which pagekeep list shows.")
    open_archive(create=False)
    found = {snapshot.pk: snapshot for reference in wanted for snapshot in _find(reference)}
    for snapshot in found.values():
        err.print(f"{snapshot.pk} {snapshot.url} ({size_text(snapshot.output_size)})")
    if not yes:
        _ask(len(found), from_stdin=not references or STDIN in references)
    removed = remove_snapshots(found)
    if as_json:
        for snapshot_id in removed.snapshot_ids:
            print_json({"type": "removed", "id": str(snapshot_id), "url": found[snapshot_id].url})
    else:
        number = count_text(len(removed.snapshot_ids), "snapshot")
        out.print(f"{number} removed; the archive holds {removed.remaining}.")


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
