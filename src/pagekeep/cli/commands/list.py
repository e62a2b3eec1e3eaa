"""``pagekeep list``"""

import click

from pagekeep.archive.queries import SnapshotFilters
from pagekeep.cli.display import one_line
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.find_snapshots import find_snapshots

PART = 500
ALL = 2**31


@click.command()
@click.argument("text", required=False, metavar="[FILTER]")
@click.option("--status", type=click.Choice([status.value for status in SnapshotStatus]), help="Only of this status.")
@click.option("--tag", help="Only with this tag.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="How many at most; 0 for all.")
@json_option
def command(text: str | None, status: str | None, tag: str | None, limit: int, as_json: bool) -> None:
    """List snapshots, newest first. FILTER is a part of the URL, title, tag, id or timestamp."""
    open_archive(create=False)
    searched = find_snapshots(SnapshotFilters(search=text, status=status, tag=tag), most=limit or ALL)
    found = searched.rows()
    for snapshot in (found[:limit] if limit else found).iterator(PART):
        if as_json:
            print_json(snapshot_json(snapshot))
            continue
        title = f"  {one_line(snapshot.title)}" if snapshot.title else ""
        out.print(f"{snapshot.pk} {snapshot.bookmarked_at:%Y-%m-%d %H:%M} {snapshot.status:9} {snapshot.url}{title}")
    total = searched.count()
    if limit and total > limit:
        err.print(f"{limit} of {total} snapshots; --limit 0 lists all.")
    elif not total:
        err.print("No snapshot fits." if text or status or tag else "Nothing is archived yet.")
