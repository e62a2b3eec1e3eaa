"""The real Pagekeep on a data directory of its own: its commands, its server, and calls of its API."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

START_SECONDS = 60.0
PAGEKEEP = (sys.executable, "-m", "pagekeep.cli.main")


class Archive:
    """An archive whose processes run until the block ends.

    Attributes:
        server: the process of ``pagekeep server``, once it serves.
        api: the address of the API, without a slash at its end.
        token: may do everything.
    """

    server: "subprocess.Popen[bytes]"
    api: str
    token: str

    def __init__(self, folder: Path, **settings: str) -> None:
        """Name it.

        Args:
            folder: for the data directory ``data`` and for what the processes say.
            settings: Pagekeep's, e.g. ``TABS="2"``.
        """
        self.data = folder / "data"
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
        own = {"DATA_DIR": str(self.data), "PORT": "0", **settings}
        self.environ = kept | {f"PAGEKEEP_{name}": value for name, value in own.items()}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(*self._processes)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of Pagekeep and return what it prints."""
        command = [*PAGEKEEP, *arguments]
        done = subprocess.run(command, env=self.environ, input=stdin, check=True, capture_output=True, text=True)
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command that goes on; what it says is in a file of the folder."""
        with self.said(len(self._processes)).open("w") as file:
            # In a session of its own, as a service is: Linux shares processor time between sessions.
            process = subprocess.Popen(
                [*PAGEKEEP, *arguments], env=self.environ, stdout=file, stderr=file, start_new_session=True
            )
        self._processes.append(process)
        return process

    def said(self, number: int) -> Path:
        """Return the file with what the process that was started as the ``number``-th, from 0, says."""
        return self._folder / f"said-{number}.txt"

    def end(self, *processes: "subprocess.Popen[bytes]") -> None:
        """End processes and wait until they have."""
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()

    def serve(self) -> None:
        """Start the server, with an administrator and a token, and wait until it answers."""
        self.command("user", "create", "admin", "--json")
        self.token = self.command("token", "create").strip()
        said = self.said(len(self._processes))
        self.server = self.start("server", "--no-worker")
        deadline = time.monotonic() + START_SECONDS
        while self.server.poll() is None and time.monotonic() < deadline:
            if found := re.search(r"at (http://\S+)", said.read_text()):
                with contextlib.suppress(OSError):  # it tells its address a moment before it listens
                    urllib.request.urlopen(f"{found.group(1)}/admin/login/", timeout=5).close()
                    self.api = found.group(1) + "/api/v1"
                    return
            time.sleep(0.05)
        raise SystemExit(f"The server did not start: {said.read_text()}")

    def call(self, path: str, body: object = None) -> Any:
        """Return what the API answers; with a body, to a POST.

        Raises:
            RuntimeError: it answers with an error; the text is its message.
        """
        with Client(self) as client:
            return client.call(path, body)


class Client:
    """One client of the API, with a connection that is kept."""

    def __init__(self, archive: Archive) -> None:
        address = urlsplit(archive.api)
        self._connection = http.client.HTTPConnection(address.netloc, timeout=120)
        self._root = address.path
        self._headers = {"X-ArchiveBox-API-Key": archive.token, "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def fetch(self, path: str, body: object = None) -> bytes:
        """Return the answer's bytes.

        Raises:
            RuntimeError: it is an error.
        """
        data = None if body is None else json.dumps(body)
        self._connection.request("GET" if data is None else "POST", self._root + path, data, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}: {content[:300].decode(errors='replace')}")
        return content

    def call(self, path: str, body: object = None) -> Any:
        """Return the answer."""
        return json.loads(self.fetch(path, body))
