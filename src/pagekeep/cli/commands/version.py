"""``pagekeep version``"""

import platform

import click

from pagekeep import __version__
from pagekeep.cli.printing import json_option, out, print_json


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show the version of Pagekeep and of the Python it runs on."""
    if as_json:
        print_json({"type": "version", "version": __version__, "python": platform.python_version()})
    else:
        out.print(f"Pagekeep {__version__} (Python {platform.python_version()})")
