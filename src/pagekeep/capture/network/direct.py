"""One request over a connection of its own to an address that was approved: neither time nor bytes can run away."""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Timer
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pagekeep.capture.network.addresses import AddressPolicy, canonical_host, format_destination
from pagekeep.domain.errors import AddressRefused, CaptureError, TimeBudgetExceeded

_PORTS = {"http": 80, "https": 443}
_AS_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F))
_Read = TypeVar("_Read")


def exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    policy: AddressPolicy,
    *,
    seconds: float,
    read: Callable[[http.client.HTTPResponse, Event], _Read],
    check_certificates: bool = True,
) -> _Read:
    """Send a request and return what ``read`` makes of the answer, whatever its status. No redirect is followed.

    Args:
        url: http or https, with a host.
        policy: decides for each address the host is resolved to; no other is connected to.
        seconds: for everything together, except for the resolver, which has limits of its own.
        read: is told by the event when the time was over, and what it reads from then on is cut off.

    Raises:
        AddressRefused: no address of the host may be connected to.
        TimeBudgetExceeded: it was not over in time.
        CaptureError: the host cannot be found, reached or understood, or its certificate is bad.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), canonical_host(parts.hostname or "")
    port = parts.port or _PORTS[scheme]
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_AS_WRITTEN)
    named = format_destination(host, port) if port != _PORTS[scheme] else host
    addresses, late = _approved(host, port, policy), Event()
    try:
        with _connected(addresses, port, time.monotonic() + seconds) as plain:
            sock = _with_tls(plain, host, check_certificates) if scheme == "https" else plain
            watch = Timer(seconds, _cut_off, [sock, late])
            watch.daemon = True
            watch.start()
            try:
                return read(_ask(sock, late, named, method, path, body, headers), late)
            finally:
                watch.cancel()
                sock.close()
    except (OSError, http.client.HTTPException) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise TimeBudgetExceeded(f"{named} did not answer within {round(seconds, 1):g} seconds.") from error
        if isinstance(error, ssl.SSLCertVerificationError):
            raise CaptureError(f"{named} has no certificate that can be trusted: {error.verify_message}.") from error
        raise CaptureError(f"{named} did not answer as a web server does ({error or type(error).__name__}).") from error


def _approved(host: str, port: int, policy: AddressPolicy) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as error:
        raise CaptureError(f"{host} cannot be found ({error}).") from error
    approved, refusal = [], None
    for address in dict.fromkeys(str(entry[4][0]) for entry in found):
        try:
            policy.check(host, port, address)
        except AddressRefused as error:
            refusal = refusal or error
        else:
            approved.append(address)
    if refusal and not approved:
        raise refusal
    return approved


def _connected(addresses: list[str], port: int, until: float) -> socket.socket:
    """Connect to the first address that takes it."""
    failure: OSError = TimeoutError()
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=max(0.01, until - time.monotonic()))
        except OSError as error:
            failure = error
    raise failure


def _with_tls(sock: socket.socket, host: str, check_certificates: bool) -> ssl.SSLSocket:
    """Ready a socket for TLS; the handshake waits for the first use, when its time is watched."""
    context = ssl.create_default_context()
    if not check_certificates:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


def _cut_off(sock: socket.socket, late: Event) -> None:
    """End whatever is going on. A socket's own timeout is for each read, this is for all of them together."""
    late.set()
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not that of a TLS socket, which belongs to its thread


def _ask(
    sock: socket.socket,
    late: Event,
    host: str,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> http.client.HTTPResponse:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    connection = http.client.HTTPConnection(host)
    connection.sock = sock
    connection.request(method, path, body, {"Host": host, "Connection": "close", **headers})
    response = connection.getresponse()
    if late.is_set():  # headers that were cut off look as if they had ended
        raise TimeoutError
    return response
