"""``pagekeep init``"""

import click

from pagekeep.archive.accounts import first_admin
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, how_to, json_option, out, print_json
from pagekeep.services.wiring import data_dir


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Make a new archive, or bring an old one up to date. Running it again does no harm.

    A copy of the database is made before anything in it is changed.
    """
    prepared = open_archive(create=True)
    home = data_dir().root
    if as_json:
        print_json(
            {
                "type": "archive",
                "data_dir": str(home),
                "created": prepared.created,
                "backup": str(prepared.backup) if prepared.backup else None,
                "migrations": prepared.migrations,
            }
        )
    else:
        out.print(f"The archive in {home} is ready.")
    if first_admin() is None:
        err.print(f"Next: {how_to('user create admin')}")
    else:
        err.print(f"Next: {how_to('add https://example.com')}, or: {how_to('run')}")
