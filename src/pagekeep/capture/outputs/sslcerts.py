"""The certificate chain of the page's origin, and how the connection to it was encrypted."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pagekeep.capture.certificates import chain_of, describe
from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult, Skipped

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``sslcerts.json`` and the chain as ``chain.pem``, the server's own certificate first.

    Where the browser does not give the certificates themselves (a file to download), it still tells about the first.
    """
    if visit.main is None:
        raise NoResult("The server sent no response.")
    parts = urlsplit(visit.main.url)
    if parts.scheme != "https":
        raise Skipped("The page came over plain http.")
    origin = f"https://{parts.netloc.rpartition('@')[2]}"
    security = visit.main.told.security
    chain = chain_of(await _certificates(visit, origin))
    certificates = [describe(certificate) for certificate in chain] or [_as_told(security)]
    document = {
        "origin": origin,
        "protocol": security.get("protocol"),
        "key_exchange": security.get("keyExchange") or None,
        "key_exchange_group": security.get("keyExchangeGroup"),
        "cipher": security.get("cipher"),
        "certificates": certificates,
    }
    await keep("sslcerts.json", as_json(document), "application/json")
    if chain:
        await keep("chain.pem", "".join(one.pem for one in chain).encode(), "application/x-pem-file")
    first = certificates[0]
    return f"{first['subject']}, by {first['issuer']}, until {str(first['not_after'])[:10]}"


async def _certificates(visit: Visit, origin: str) -> list[str]:
    """Return the chain in base64, empty where the browser keeps none for this origin."""
    try:
        answer = await visit.page.session.call("Network.getCertificate", origin=origin)
    except DevToolsError:
        return []
    return list(answer["tableNames"])


def _as_told(security: Any) -> dict[str, object]:
    """Return what ``Network.SecurityDetails`` says of the server's certificate."""
    if not security:
        raise NoResult("The browser does not tell the certificate.")
    return {
        "subject": security["subjectName"],
        "issuer": security["issuer"],
        "names": security["sanList"],
        "not_before": datetime.fromtimestamp(security["validFrom"], UTC).isoformat(),
        "not_after": datetime.fromtimestamp(security["validTo"], UTC).isoformat(),
    }
