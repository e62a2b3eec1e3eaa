"""What is written where: results on stdout, everything else on stderr."""

import logging
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import orjson
from rich.console import Console

from pagekeep.config.load import settings

log = logging.getLogger(__name__)


class _Plain(Console):
    """Nothing printed is markup, and no URL is cut to fit: what comes from pages must come out as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Leave it to the root of the command line, which ends quietly."""
        raise


out, err = _Plain(), _Plain(stderr=True)

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object per line on stdout (JSONL).")


def tell(text: str, level: int = logging.INFO) -> None:
    """Tell whoever runs a service: a line for people on stderr, or one of the log's where those are JSON.

    Args:
        level: of `logging`, for the log.
    """
    if settings().log_format == "json":
        log.log(level, "%s", text)
    else:
        err.print(text)


def print_json(value: Mapping[str, object]) -> None:
    """Write one object as a line of JSON to stdout, at once."""
    click.echo(orjson.dumps(value, default=str))


def size_text(size: int) -> str:
    """Return a number of bytes for people: ``1.5 MiB``."""
    value, units = float(size), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "bytes" else f"{value:.1f} {units[0]}"


def count_text(number: int, word: str) -> str:
    """Return ``1 page`` or ``3 pages``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def how_to(command: str) -> str:
    """Return a ``pagekeep`` command line as it must be typed here: where the program lies, and for this archive."""
    program = "pagekeep"
    if not shutil.which(program):
        script = Path(sys.executable).with_name(program)
        program = str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else str(script)
    chosen = os.environ.get("PAGEKEEP_DATA_DIR")
    return shlex.join([program, *(["--data-dir", chosen] if chosen else []), *shlex.split(command)])
