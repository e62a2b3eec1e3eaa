"""What an X.509 certificate (RFC 5280) says, for a person to read."""

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

# What a certificate that breaks the rules makes of any of its parts.
_UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as the server sent it (DER)."""

    der: bytes

    @property
    def pem(self) -> str:
        """The certificate as PEM (RFC 7468)."""
        return ssl.DER_cert_to_PEM_cert(self.der)


def chain_of(encoded: Iterable[str]) -> list[Certificate]:
    """Return the certificates of a chain given in base64."""
    return [Certificate(base64.b64decode(text)) for text in encoded]


def chain_of_der(chain: Iterable[bytes]) -> list[Certificate]:
    """Return the certificates of a chain given as DER."""
    return [Certificate(der) for der in chain]


def describe(certificate: Certificate) -> dict[str, Any]:
    """Return subject, issuer, names, serial, validity, key and fingerprint; what cannot be read is None."""
    fingerprint = hashlib.sha256(certificate.der).hexdigest()
    try:
        read = x509.load_der_x509_certificate(certificate.der)
    except _UNREADABLE as error:
        unread = dict.fromkeys(("subject", "issuer", "not_before", "not_after"))
        return {**unread, "sha256": fingerprint, "problem": f"It cannot be read: {error}"}
    key_type, key_size = _or_none(lambda: _key(read)) or (None, None)
    return {
        "subject": _or_none(lambda: read.subject.rfc4514_string()),
        "issuer": _or_none(lambda: read.issuer.rfc4514_string()),
        "names": _or_none(lambda: _names(read)),
        "serial": _or_none(lambda: format(read.serial_number, "x")),
        "not_before": _or_none(lambda: read.not_valid_before_utc.isoformat()),
        "not_after": _or_none(lambda: read.not_valid_after_utc.isoformat()),
        "key_type": key_type,
        "key_bits": key_size,
        "signature_algorithm": _or_none(lambda: _signature(read)),
        "sha256": fingerprint,
    }


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except _UNREADABLE:
        return None


def _names(read: x509.Certificate) -> list[str]:
    """Return the subject alternative names: host names and addresses, then anything else with its kind."""
    try:
        extension = read.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(getattr(name, "value", name)) for name in extension.value]


def _key(read: x509.Certificate) -> tuple[str, int]:
    key = read.public_key()
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}", key.key_size
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
    return type(key).__name__, 0


def _signature(read: x509.Certificate) -> str:
    name = getattr(read.signature_algorithm_oid, "_name", "")
    return name if name and name != "Unknown OID" else read.signature_algorithm_oid.dotted_string
