"""Whose forwarded headers are believed."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
)


def believe_only(application: WSGIApplication, trusted: Sequence[str]) -> WSGIApplication:
    """Wrap a WSGI application so that forwarded headers count only when a trusted proxy sent them.

    ``pagekeep.forwarded`` tells whether there was one, whoever sent it. The client's address is the right-most one of
    ``X-Forwarded-For`` that is no trusted proxy.

    Args:
        trusted: IP addresses and networks.
    """
    networks = [ip_network(text, strict=False) for text in trusted]

    def is_trusted(text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in networks)

    def believing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if any(header in environ for header in FORWARDED):
            environ["pagekeep.forwarded"] = True
        if is_trusted(environ.get("REMOTE_ADDR", "")):
            for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                if hop.strip():
                    environ["REMOTE_ADDR"] = hop.strip()
                if not is_trusted(hop.strip()):
                    break
        else:
            for header in FORWARDED:
                environ.pop(header, None)
        return application(environ, start_response)

    return believing
