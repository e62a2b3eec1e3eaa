"""``pagekeep config``"""

import os

import click

from pagekeep.cli.printing import json_option, out, print_json
from pagekeep.config.describe import SettingRow, setting_rows, settings_page
from pagekeep.config.load import TOML_NAME, settings


@click.command()
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md.")
@json_option
def command(markdown: bool, as_json: bool) -> None:
    """Show every setting: its value, where that comes from, its default and unit, and what it is for.

    Set them as environment variables, or in pagekeep.toml in the data directory.
    """
    if markdown:
        out.print(settings_page(), end="")
        return
    for row in setting_rows(settings()):
        if as_json:
            print_json(
                {
                    "type": "setting",
                    "variable": row.variable,
                    "key": row.key,
                    "value": row.value,
                    "default": row.default,
                    "unit": row.unit,
                    "help": row.help,
                    "source": _source(row),
                }
            )
        else:
            unit = f" {row.unit}" if row.unit and row.value else ""
            out.print(f"{row.variable} = {row.value or '(empty)'}{unit}", style="bold")
            default = f"; default: {row.default or '(empty)'}" if not row.is_default else ""
            out.print(f"    {row.help} From: {_source(row)}{default}.")


def _source(row: SettingRow) -> str:
    if os.environ.get(row.variable, "").strip():
        return "environment"
    return "default" if row.is_default else TOML_NAME
