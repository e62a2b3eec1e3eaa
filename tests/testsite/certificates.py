"""An authority and its certificates, made when the tests run: good ones, and each kind that browsers refuse."""

import subprocess
import sys
from pathlib import Path

# How each certificate is made: the options of `openssl ca`, and the host it is for.
FAR = ("-startdate", "20000101000000Z", "-enddate", "20990101000000Z")
KINDS = {
    "good": (FAR, "IP:127.0.0.1"),
    "expired": (("-startdate", "20000101000000Z", "-enddate", "20010101000000Z"), "IP:127.0.0.1"),
    "early": (("-startdate", "20980101000000Z", "-enddate", "20990101000000Z"), "IP:127.0.0.1"),
    "other-host": (FAR, "DNS:another-host.example"),
}
_CONFIG = """
[ca]
default_ca = made
[made]
database = {folder}/index.txt
new_certs_dir = {folder}
certificate = {folder}/authority.pem
private_key = {folder}/key.pem
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = nobody
x509_extensions = authority
[nobody]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
subjectAltName = {host}
extendedKeyUsage = serverAuth
"""


def make_certificates(folder: Path) -> dict[str, Path]:
    """Return by kind a PEM file with key and certificate; ``authority`` is the one that signed the others."""
    (folder / "index.txt").touch()
    made = {"authority": folder / "authority.pem"}
    key = folder / "key.pem"
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key))
    subject = ("-subj", "/CN=Authority of the tests", "-days", "3650")
    _openssl("req", "-x509", "-new", "-key", str(key), *subject, *_config(folder, "none"), "-out", made["authority"])
    for kind, (dates, host) in KINDS.items():
        request, certificate, made[kind] = folder / "request.pem", folder / "leaf.pem", folder / f"{kind}.pem"
        config = _config(folder, host)
        _openssl("req", "-new", "-key", str(key), "-subj", "/CN=Test site", *config, "-out", request)
        _openssl("ca", "-batch", "-notext", *config, *dates, "-in", request, "-out", certificate)
        made[kind].write_bytes(key.read_bytes() + certificate.read_bytes())
    return made


def trust(authority: Path, home: Path) -> None:
    """Have a Chromium whose home folder is ``home`` trust the authority."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    der = _openssl("x509", "-in", authority, "-outform", "DER")
    program = Path(__file__).with_name("nss.py")
    subprocess.run([sys.executable, str(program), str(database)], input=der, check=True)


def _config(folder: Path, host: str) -> tuple[str, str]:
    path = folder / "openssl.cnf"
    path.write_text(_CONFIG.format(folder=folder, host=host))
    return ("-config", str(path))


def _openssl(*arguments: object) -> bytes:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout
