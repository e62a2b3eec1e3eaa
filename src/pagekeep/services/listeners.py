"""Pagekeep's own listening addresses, which no capture may reach.

A server keeps a file in ``data/run/listeners`` locked for as long as it runs; a lock nobody holds is a dead server's.
"""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pagekeep.config.load import settings
from pagekeep.services.wiring import data_dir

WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104
_PORTS = {"http": 80, "https": 443}


@contextmanager
def listening(host: str, port: int) -> Iterator[None]:
    """Make an address known as Pagekeep's own to every process of this archive while the block runs.

    Args:
        host: name or address listened on; a wildcard stands for every address of this machine.
        port: the real port, not 0.
    """
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{secrets.token_hex(8)}.part"
    path = unfinished.with_suffix(".json")
    with unfinished.open("x") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(_spellings(host, port), file)
        file.flush()
        os.rename(unfinished, path)  # visible only now that it is locked
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def own_addresses() -> tuple[str, ...]:
    """Return host:port of every listener of this archive that is alive, in all its spellings, and the base URL's."""
    found: set[str] = set()
    for path in _folder().glob("*.json"):
        found.update(_read_living(path))
    base = urlsplit(settings().base_url)
    if base.hostname:
        found.add(_pair(base.hostname, base.port or _PORTS[base.scheme]))
    return tuple(sorted(found))


def _read_living(path: Path) -> list[str]:
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return list(json.load(file))
            path.unlink(missing_ok=True)
    except FileNotFoundError:  # its server ended just now
        return []
    return []


def _spellings(host: str, port: int) -> list[str]:
    if host not in WILDCARDS:
        names = {host, *_addresses(host)}
    else:
        names = {"0.0.0.0", "::", "127.0.0.1", "::1", "localhost", socket.gethostname()}  # noqa: S104
        names |= _addresses(socket.gethostname())
    return sorted(_pair(name, port) for name in names)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:  # a name only its proxy knows
        return set()


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _folder() -> Path:
    return data_dir().run / "listeners"
