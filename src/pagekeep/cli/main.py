"""The command ``pagekeep``: which commands there are, and how every error becomes a sentence and an exit code."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import django

from pagekeep.cli.exit_codes import DONE, INTERNAL, STOPPED
from pagekeep.cli.printing import err
from pagekeep.config.declarations import PREFIX, did_you_mean
from pagekeep.domain.errors import PagekeepError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its line in ``pagekeep --help``, and whether it needs Django."""

    help: str
    django: bool = True


COMMANDS = {
    "run": Entry("Do everything at once: archive a page, serve the archive, stay in the foreground."),
    "init": Entry("Make a new archive, or bring an old one up to date."),
    "add": Entry("Archive URLs."),
    "list": Entry("List what is archived."),
    "search": Entry("Find snapshots by the words of their text."),
    "update": Entry("Capture again what failed or was not reached."),
    "tag": Entry("Tag snapshots; list, rename and delete tags."),
    "crawl": Entry("List, show, follow, pause, resume, cancel and remove crawls."),
    "remove": Entry("Remove snapshots and their files."),
    "schedule": Entry("Archive URLs again and again, every day, week or month."),
    "status": Entry("Show how much is archived and what is going on."),
    "server": Entry("Serve the web pages and the API, and capture what is queued."),
    "worker": Entry("Capture the pages that are queued."),
    "config": Entry("Show every setting: value, default, unit, and where it comes from.", django=False),
    "user": Entry("Create users, set passwords, list users."),
    "token": Entry("Create, list and revoke keys to the API."),
    "persona": Entry("Who the browser is to sites: languages, window, place, cookies."),
    "webhook": Entry("Have endpoints told when snapshots and crawls change their state."),
    "index": Entry("Check the search index, or make it anew."),
    "backup": Entry("Copy the whole archive, while it is in use, to another place."),
    "restore": Entry("Make an archive out of a backup."),
    "doctor": Entry("Check this machine: browser, fonts, disk, port, clock, each with its fix."),
    "version": Entry("Show the version.", django=False),
}


class _EnoughRead(Exception):
    """Whoever reads the output has closed it."""


class Commands(click.Group):
    """The root of the command line. A command's file is imported when it is called, after Django has been set up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if entry.django:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pagekeep.project.settings")
            django.setup()
        module = importlib.import_module(f"pagekeep.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"There is no command {args[0]!r}{hint}.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would make it exit code 1
            raise _EnoughRead from error

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> None:
        """Run the command line and end the process with a code that tells the cause."""
        try:
            code = super().main(args, prog_name or "pagekeep", **extra | {"standalone_mode": False})
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            err.print("Stopped.")
            code = STOPPED
        except PagekeepError as error:
            _show(error)
            code = error.exit_code
        except (_EnoughRead, BrokenPipeError):  # Python must not complain about it at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = DONE
        except Exception as error:
            _show(error)
            err.print("This is an error of Pagekeep itself; PAGEKEEP_LOG_LEVEL=debug shows where it happened.")
            code = INTERNAL
        sys.exit(code if isinstance(code, int) else 0)


def _show(error: Exception) -> None:
    if os.environ.get(f"{PREFIX}LOG_LEVEL", "").strip().lower() == "debug":
        traceback.print_exception(error)
    text = str(error) if isinstance(error, PagekeepError) else f"{type(error).__name__}: {error}"
    err.print(f"Error: {text}", style="red")


def _use_data_dir(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    if value is not None:  # children of this process shall use it too
        os.environ[f"{PREFIX}DATA_DIR"] = str(value.expanduser().absolute())


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    callback=_use_data_dir,
    is_eager=True,
    expose_value=False,
    help="Folder of the archive (default: PAGEKEEP_DATA_DIR, else ./data).",
)
def cli() -> None:
    """Pagekeep, a web archive of your own: it keeps web pages in many durable forms and serves them.

    To begin, run: pagekeep run https://example.com

    Exit codes: 0 all well; 1 some pages failed; 2 bad input; 3 not found; 4 not possible now; 5 a problem of this
    machine; 70 an error of Pagekeep itself; 130 stopped by Ctrl-C.
    """


def main() -> None:
    """Run ``pagekeep``."""
    cli.main()


if __name__ == "__main__":
    main()
