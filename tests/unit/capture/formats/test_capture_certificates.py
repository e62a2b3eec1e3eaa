"""Certificates as they are read: good ones, and those that break the rules."""

import base64
import datetime
import hashlib
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.formats.certificates import Certificate, chain_of, describe

NAMES = ["shop.example", "www.shop.example"]


def _made(key, algorithm):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example\n<b>")])
    start = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    names = [*(x509.DNSName(text) for text in NAMES), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0xABCDEF)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    made = builder.sign(key, algorithm)
    return made.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("key", "algorithm", "expected"),
    [
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), ("EC secp256r1", 256, "ecdsa-with-SHA256")),
        (ed25519.Ed25519PrivateKey.generate(), None, ("Ed25519", 256, "ed25519")),
    ],
)
def test_everything_a_certificate_says_is_read(key, algorithm, expected):
    der = _made(key, algorithm)
    (certificate,) = chain_of([base64.b64encode(der).decode()])
    told = describe(certificate)
    assert (told["key_type"], told["key_bits"], told["signature_algorithm"]) == expected
    assert told["names"] == [*NAMES, "192.0.2.1"]
    assert (told["serial"], told["not_before"]) == ("abcdef", "2026-01-02T03:04:05+00:00")
    assert told["not_after"] == "2026-04-02T03:04:05+00:00"
    assert told["sha256"] == hashlib.sha256(der).hexdigest()


@given(st.binary(max_size=400))
def test_what_is_no_certificate_has_its_fingerprint_and_says_so(der):
    told = describe(Certificate(der))
    assert told["sha256"] == hashlib.sha256(der).hexdigest()
    assert told["problem"].startswith("It cannot be read: ")


@given(st.integers(0, 349), st.integers(0, 255))
def test_certificate_with_a_changed_byte_is_described_all_the_same(position, value):
    der = bytearray(DER)
    der[position % len(der)] = value
    assert describe(Certificate(bytes(der)))["sha256"] == hashlib.sha256(der).hexdigest()


DER = _made(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
