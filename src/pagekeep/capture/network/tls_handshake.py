"""A TLS handshake of our own, through the visit's egress, where the browser does not tell what came of its one.

Nothing is asked for: the connection ends when the certificates are there.
"""

import asyncio
import ssl
from dataclasses import dataclass

from pagekeep.capture.network.egress import Egress
from pagekeep.capture.network.socks import connect_by_name
from pagekeep.domain.errors import CaptureError

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a server says of itself: TLS version, cipher, and its certificates (DER), its own first."""

    protocol: str
    cipher: str
    chain: tuple[bytes, ...]


async def shake_hands(egress: Egress, host: str, port: int) -> Handshake:
    """Ask a server for its certificates, whether they are good or not.

    Raises:
        CaptureError: it cannot be reached, or does not speak TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await connect_by_name(egress.port, host, port)
            try:
                await writer.start_tls(context, server_hostname=host)
                connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
                cipher = connection.cipher()
                return Handshake(
                    connection.version() or "", cipher[0] if cipher else "", tuple(chain_of_connection(connection))
                )
            finally:
                writer.close()
    except (OSError, EOFError, UnicodeError, TimeoutError) as error:
        why = egress.refusal(host, port) or f"{host}:{port} did not tell its certificate."
        raise CaptureError(why) from error


def chain_of_connection(connection: ssl.SSLObject) -> list[bytes]:
    """Return the certificates (DER) a server gave, its own first."""
    own = connection.getpeercert(binary_form=True) or b""
    # The whole chain is public from Python 3.13 on.
    whole = getattr(connection, "get_unverified_chain", lambda: [own])()
    return list(whole) or [own]
