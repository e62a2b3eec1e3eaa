"""The certificate chain of the page's origin, and how the connection to it was encrypted."""

from urllib.parse import urlsplit

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.formats.certificates import chain_of, chain_of_der, describe
from pagekeep.capture.network.tls_handshake import shake_hands
from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult, Skipped

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``sslcerts.json`` and the chain as ``chain.pem``, the server's own certificate first.

    Of a response that was read in pieces the browser tells nothing of the kind: then the server is asked.
    """
    if visit.main is None:
        raise NoResult("The server sent no response.")
    parts = urlsplit(visit.main.url)
    if parts.scheme != "https":
        raise Skipped("The page came over plain http.")
    origin = f"https://{parts.netloc}"
    security = dict(visit.main.told.security)
    chain = chain_of_der(visit.main.told.chain)
    if security and not chain:
        chain = chain_of(await _certificates(visit, origin))
    if not chain:
        told = await shake_hands(visit.egress, parts.hostname or "", parts.port or 443)
        chain = chain_of_der(told.chain)
        security = {"protocol": told.protocol.replace("TLSv", "TLS "), "cipher": told.cipher} | security
    certificates = [describe(certificate) for certificate in chain]
    document = {
        "origin": origin,
        "protocol": security.get("protocol"),
        "key_exchange": security.get("keyExchange") or None,
        "key_exchange_group": security.get("keyExchangeGroup"),
        "cipher": security.get("cipher"),
        "certificates": certificates,
    }
    await keep("sslcerts.json", as_json(document), "application/json")
    await keep("chain.pem", "".join(one.pem for one in chain).encode(), "application/x-pem-file")
    first = certificates[0]
    return f"{first['subject']}, by {first['issuer']}, until {str(first['not_after'])[:10]}"


async def _certificates(visit: Visit, origin: str) -> list[str]:
    """Return the chain in base64, empty where the browser keeps none for this origin."""
    if visit.opened is None:
        return []
    try:
        answer = await visit.page.session.call("Network.getCertificate", origin=origin)
    except DevToolsError:
        return []
    return list(answer["tableNames"])
