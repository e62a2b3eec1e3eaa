"""``pagekeep search``"""

import click

from pagekeep.archive.queries import SnapshotFilters
from pagekeep.cli.display import one_line
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.cli.records import snapshot_json
from pagekeep.domain.errors import BadInput
from pagekeep.search.index import SearchMode
from pagekeep.services.find_snapshots import find_snapshots, passages

MOST = 5_000


@click.command()
@click.argument("words", nargs=-1)
@click.option(
    "--in",
    "mode",
    type=click.Choice([mode.value for mode in SearchMode]),
    default=SearchMode.CONTENTS.value,
    show_default=True,
    help="meta: part of URL, title, tag, id or timestamp; contents: the page's text; deep: also PDFs and whole WARCs.",
)
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many at most.")
@json_option
def command(words: tuple[str, ...], mode: str, limit: int, as_json: bool) -> None:
    """Find snapshots that hold all WORDS, newest first, and show where. '"Quoted words"' must follow each other."""
    text = " ".join(words)
    if not text.strip():
        raise BadInput("Nothing to look for was given; give words, like: pagekeep search lighthouse keeper")
    open_archive(create=False)
    filters = SnapshotFilters(search=text, search_mode=mode)
    found = find_snapshots(filters, most=limit)
    snapshots = list(found.rows()[:limit])
    where = passages(filters, snapshots)
    for snapshot in snapshots:
        passage = "".join(part.text for part in where.get(snapshot.timestamp, ()))
        if as_json:
            print_json(snapshot_json(snapshot) | {"passage": passage})
            continue
        out.print(f"{snapshot.pk} {snapshot.bookmarked_at:%Y-%m-%d %H:%M} {snapshot.url}")
        if passage:
            out.print(f"    {one_line(passage)}", style="dim")
    if (found.total or 0) > limit:
        err.print(f"{limit} of {found.total} snapshots; --limit shows more.")
    elif not snapshots:
        err.print("No snapshot fits.")
