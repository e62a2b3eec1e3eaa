"""``pagekeep doctor``"""

import click

from pagekeep.cli.checks import CHECKS, Finding
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.domain.errors import EnvironmentProblem, PagekeepError

MARKS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check everything Pagekeep needs on this machine, each problem with its fix. Exit code 5 if there is one."""
    problems = 0
    for name, check in CHECKS.items():
        try:
            finding = check()
        except PagekeepError as error:
            finding = Finding("problem", str(error))
        problems += finding.state == "problem"
        if as_json:
            print_json({"type": "check", "check": name, "state": finding.state, "text": finding.text})
        else:
            mark, style = MARKS[finding.state]
            out.print(f"{mark} {name + ':':16}{finding.text}", style=style)
    if problems:
        err.print(f"{problems} of {len(CHECKS)} checks found a problem.")
        ctx.exit(EnvironmentProblem.exit_code)
