"""The port the server listens on: asked for before anything starts, so that a port in use is one sentence."""

import errno
import os
import socket

from pagekeep.domain.errors import EnvironmentProblem


def usable_port(host: str, port: int) -> int:
    """Return the port if it can be listened on; 0 finds a free one.

    Raises:
        EnvironmentProblem: it is in use, needs more rights, or the host is no address of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
            probe.listen(1)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise EnvironmentProblem(_why_not(host, port, error)) from error


def web_address(host: str, port: int) -> str:
    """Return the URL a person on this machine opens; a wildcard host is reached by way of loopback."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is in use; stop what listens there, or choose another:"
                f" PAGEKEEP_PORT={port + 1 if port < 65535 else port - 1} (with make: PORT=…)."
            )
        case errno.EACCES:
            return f"Port {port} needs more rights than this user has; choose one from 1024 on with PAGEKEEP_PORT."
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine; set PAGEKEEP_HOST to one, or to 0.0.0.0 for all."
        case number:
            why = os.strerror(number) if number and number > 0 else str(error)
            return f"The server cannot listen on {host} port {port} ({why}); correct PAGEKEEP_HOST or PAGEKEEP_PORT."
