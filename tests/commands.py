"""``pagekeep`` for tests: each command a process of its own, forked from one that has loaded the libraries already.

A command started from nothing spends most of its time on imports; what depends on settings is loaded after the fork.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Any

SECONDS = 60
_PARENT = """
import importlib, json, os, sys
for name in (
    "click", "django.core.management", "django.db.backends.sqlite3.base", "django.db.models", "django.test",
    "pydantic_settings", "rich.console", "rich.progress", "pagekeep.capture.engine", "pagekeep.cli.main",
):
    importlib.import_module(name)
assert not {"pagekeep.project.settings", "pagekeep.archive.models"} & set(sys.modules)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        for number, path in enumerate(asked["streams"]):
            os.dup2(os.open(path, os.O_RDWR), number)
        sys.stdin = open(0)
        os.environ.clear()
        os.environ.update(asked["environ"])
        sys.argv = ["pagekeep", *asked["arguments"]]
        importlib.import_module("pagekeep.cli.main").main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Archive:
    """An archive and the commands on it; ``said`` is all that they wrote."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said = ""

    def run(self, *arguments: str | Path, stdin: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command; ``settings`` are its own, by name without the prefix."""
        given = {f"PAGEKEEP_{name}": value for name, value in settings.items()}
        done = pagekeep("--data-dir", self.root, *arguments, stdin=stdin, environ=given)
        self.said += done.stdout + done.stderr
        return done

    def jsonl(self, *arguments: str | Path, stdin: str = "", code: int = 0) -> list[dict[str, Any]]:
        """Return what a command that ends with this exit code says with ``--json``."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.returncode == code, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def urls(self, *arguments: str) -> list[str]:
        """Return the URLs that ``list`` finds."""
        return [page["url"] for page in self.jsonl("list", *arguments)]


def pagekeep(
    *arguments: str | Path, stdin: str = "", environ: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``pagekeep`` with these settings and no others; it has a minute."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    command = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        for stream in streams:
            stream.write_text(stdin if stream.name == "stdin" else "")
        asked = {
            "arguments": command,
            "streams": [str(stream) for stream in streams],
            "environ": kept | (environ or {}),
        }
        code = _ask(json.dumps(asked))
        return subprocess.CompletedProcess(command, code, *(stream.read_text() for stream in streams[1:]))


def _ask(line: str) -> int:
    sent, said = _parent()
    sent.write(line + "\n")
    sent.flush()
    assert select.select([said], [], [], SECONDS)[0], f"no end after {SECONDS} s: {line}"
    return int(said.readline())


@cache
def _parent() -> tuple[IO[str], IO[str]]:
    """Start the process that forks; it ends with this one, when its input does."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    _running.append(process)
    return process.stdin, process.stdout


_running: "list[subprocess.Popen[str]]" = []
