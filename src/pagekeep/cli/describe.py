"""The tables of ``docs/cli.md``: exit codes, and every command with its options."""

from collections.abc import Iterator

import click

from pagekeep.cli.exit_codes import EXIT_CODES
from pagekeep.cli.main import cli


def tables() -> str:
    """Return the end of the page, from the heading of the exit codes on."""
    codes = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    commands = [_row(context, command) for context, command in _commands(cli, click.Context(cli, info_name="pagekeep"))]
    lines = ["## Exit codes", "", "| code | means |", "|---|---|", *codes, ""]
    lines += ["## Every command", "", "| command | does | options |", "|---|---|---|", *commands]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        own = click.Context(command, context, info_name=name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield own, command
        if isinstance(command, click.Group):
            yield from _commands(command, own)


def _row(context: click.Context, command: click.Command) -> str:
    arguments = [param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)]
    options = [_option(param) for param in command.params if isinstance(param, click.Option) and not param.hidden]
    usage = " ".join([context.command_path, *arguments]).replace("|", "\\|")
    return f"| `{usage}` | {command.get_short_help_str(200)} | {' '.join(options)} |"


def _option(option: click.Option) -> str:
    return "/".join(f"`{name}`" for name in (option.opts[0], *option.secondary_opts[:1]))
