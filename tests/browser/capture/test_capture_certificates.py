"""The certificate chain of the page's origin."""

import ssl
import subprocess

import pytest

from testsite.server import TestSite


@pytest.fixture(scope="module")
def secure(capture, site):
    return capture(site.secure_url("/plain"), check_certificates=False)


def test_certificate_is_told_as_openssl_reads_it(secure, certificate, site):
    kept = secure.json("sslcerts", "sslcerts.json")
    (told,) = kept["certificates"]
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-serial", "-enddate", "-dateopt", "iso_8601"]
    said = subprocess.run([*command, "-in", str(certificate)], check=True, capture_output=True, text=True).stdout
    fields = {name.split()[-1].lower(): value for name, _, value in (line.partition("=") for line in said.splitlines())}
    assert told["sha256"] == fields["fingerprint"].replace(":", "").lower()
    assert told["serial"] == fields["serial"].lower().lstrip("0")
    assert told["not_after"][:19] == fields["notafter"].replace(" ", "T")[:19]
    assert (told["subject"], told["issuer"]) == ("CN=another-host.example", "CN=another-host.example")
    assert (told["key_type"], told["key_bits"], told["names"]) == ("RSA", 2048, [])
    assert told["signature_algorithm"] == "sha256WithRSAEncryption"
    assert kept["origin"] == site.secure_url("")


def test_connection_is_told(secure):
    kept = secure.json("sslcerts", "sslcerts.json")
    assert kept["protocol"] == "TLS 1.3"
    assert kept["cipher"].startswith(("AES", "CHACHA20"))


def test_chain_is_kept_as_pem(secure, certificate):
    assert ssl.PEM_cert_to_DER_cert(secure.text("sslcerts", "chain.pem")) == ssl.PEM_cert_to_DER_cert(
        certificate.read_text().partition("-----END PRIVATE KEY-----")[2].strip()
    )


@pytest.mark.parametrize("path", ["/download", "/chunked", "/files/page-without-type"])
def test_response_read_in_pieces_has_its_certificate_too(capture, site, certificate, path):
    visit = capture(site.secure_url(path), check_certificates=False, plugins=("headers", "sslcerts"))
    kept = visit.json("sslcerts", "sslcerts.json")
    assert kept["protocol"] == "TLS 1.3"
    assert kept["certificates"][0]["subject"] == "CN=another-host.example"
    assert "BEGIN CERTIFICATE" in visit.text("sslcerts", "chain.pem")
    assert [seen.path for seen in visit.requests] == [path]


def test_plain_page_has_none(captured):
    result = captured("/article").result("sslcerts")
    assert (result.status.value, result.summary) == ("skipped", "The page came over plain http.")


def test_page_whose_certificate_is_refused_has_no_result(capture, site):
    visit = capture(site.secure_url("/plain"), plugins=("sslcerts",))
    assert visit.statuses() == {"sslcerts": "noresults"}


def _sign(folder, name, issuer):
    """Make a certificate ``<name>.pem`` signed by another, or by itself."""
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    signer = ["-CA", str(folder / f"{issuer}.pem"), "-CAkey", str(folder / f"{issuer}.key")] if issuer else []
    names = ["-addext", f"subjectAltName=DNS:{name}.example"]
    where = ["-keyout", str(key), "-out", str(pem), "-subj", f"/CN={name}"]
    subprocess.run([*command, *where, *names, *signer], check=True, capture_output=True)
    return pem.read_text()


def test_whole_chain_is_kept_the_servers_own_first(capture, tmp_path):
    made = [_sign(tmp_path, name, issuer) for name, issuer in (("top", ""), ("middle", "top"), ("own", "middle"))]
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "own.key").read_text() + made[2] + made[1])
    with TestSite(both) as chained:
        visit = capture(chained.secure_url("/plain"), check_certificates=False, plugins=("sslcerts",))
    told = visit.json("sslcerts", "sslcerts.json")["certificates"]
    assert [(one["subject"], one["issuer"]) for one in told] == [("CN=own", "CN=middle"), ("CN=middle", "CN=top")]
    assert told[0]["names"] == ["own.example"]
    assert told[0]["key_type"] == "EC secp256r1"
    assert visit.text("sslcerts", "chain.pem").count("BEGIN CERTIFICATE") == 2
