"""``pagekeep list``"""

from dataclasses import replace

import click

from pagekeep.archive.command_filters import CommandFilters, FilterType, in_parts
from pagekeep.archive.csv_table import csv_lines, parse_columns
from pagekeep.archive.flat_rows import snapshot_rows
from pagekeep.cli.display import one_line
from pagekeep.cli.filter_options import filter_options
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.domain.errors import BadInput
from pagekeep.services.find_matching import find_matching

PART = 500


@click.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@filter_options
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="How many at most; 0 for all.")
@click.option("--csv", "columns", metavar="COLUMNS", help="CSV with a line of headers, like timestamp,url,title.")
@json_option
def command(patterns: tuple[str, ...], filters: CommandFilters, limit: int, columns: str | None, as_json: bool) -> None:
    """List snapshots, newest first.

    PATTERN is a part of the URL, title, tag, id or timestamp, or what --filter-type says; one of several is enough.
    """
    if as_json and columns is not None:
        raise BadInput("--json and --csv exclude each other; choose one.")
    filters = replace(filters, filter_patterns=patterns, filter_type=filters.filter_type or FilterType.SEARCH)
    names = parse_columns(columns or "")
    open_archive(create=False)
    found = find_matching(filters)
    wanted = find_matching(filters, limit)[:limit] if limit else found
    if columns is not None:
        ids = wanted.values_list("pk", flat=True).iterator(PART)
        rows = (row for part in in_parts(ids, filters.order()) for row in snapshot_rows(part))
        for line in csv_lines(rows, names, with_headers=True):
            click.echo(line.encode(), nl=False)
    else:
        for snapshot in wanted.iterator(PART):
            if as_json:
                print_json(snapshot_json(snapshot))
                continue
            title = f"  {one_line(snapshot.title)}" if snapshot.title else ""
            out.print(
                f"{snapshot.pk} {snapshot.bookmarked_at:%Y-%m-%d %H:%M} {snapshot.status:9} {snapshot.url}{title}"
            )
    total = found.count()
    if limit and total > limit:
        err.print(f"{limit} of {total} snapshots; --limit 0 lists all.")
    elif not total:
        err.print("No snapshot fits." if filters.narrow() else "Nothing is archived yet.")
