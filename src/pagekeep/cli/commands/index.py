"""``pagekeep index``: not under ``search``, which takes any word, "rebuild" too."""

import click

from pagekeep.cli.bars import Bars
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, how_to, json_option, out, print_json
from pagekeep.domain.errors import Conflict
from pagekeep.services.rebuild_search import rebuild_search
from pagekeep.services.wiring import search_index


@click.group()
def command() -> None:
    """The search index. It can be made anew at any time from the database and the kept files."""


@command.command()
@json_option
def check(as_json: bool) -> None:
    """Tell whether the index knows every snapshot. Exit code 4 if it does not."""
    open_archive(create=False)
    found = search_index().agreement()
    if as_json:
        print_json({"type": "index", "snapshots": found.snapshots, "indexed": found.indexed, "unread": found.unread})
    else:
        out.print(f"{found.indexed} of {found.snapshots} snapshots are indexed; {found.unread} have unread files.")
    if found.indexed != found.snapshots:
        raise Conflict(f"The search index does not fit the archive; make it anew with: {how_to('index rebuild')}")


@command.command()
@json_option
def rebuild(as_json: bool) -> None:
    """Make the index anew from the database and the kept files, newest first.

    The archive can be used meanwhile; what has not been indexed yet is not found. Stopped, it goes on from there when
    it is called again, and a worker reads the texts that are left.
    """
    open_archive(create=False)
    with Bars() as told:
        began = rebuild_search(told)
    found = search_index().agreement()
    if not began:
        err.print("An earlier rebuild was not done; it was finished.")
    if as_json:
        print_json({"type": "index", "snapshots": found.snapshots, "indexed": found.indexed, "unread": found.unread})
    else:
        out.print(f"{found.indexed} of {found.snapshots} snapshots are indexed.")
