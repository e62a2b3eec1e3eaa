"""Makes a Chromium trust an authority: an entry in the NSS database of its home folder.

``certutil -A -t C,,`` would do the same; the library behind it is installed with every Chromium, the command is not.
Run as a program, because NSS can be initialised once in a process: ``python nss.py FOLDER < authority.der``.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_ulong, c_void_p
from pathlib import Path

# CERTDB_VALID_CA | CERTDB_TRUSTED_CA (certdb.h)
TRUSTED = 1 << 3 | 1 << 4


class _Item(ctypes.Structure):
    _fields_ = [("type", c_int), ("data", c_char_p), ("size", c_uint)]


class _Trust(ctypes.Structure):
    _fields_ = [("tls", c_uint), ("mail", c_uint), ("code", c_uint)]


def trust(folder: Path, certificate: bytes) -> None:
    """Make a database in ``folder`` that trusts the certificate (DER) as an authority for TLS servers."""
    nss = ctypes.CDLL("libnss3.so")
    for name in ("PK11_GetInternalKeySlot", "CERT_GetDefaultCertDB", "CERT_NewTempCertificate"):
        getattr(nss, name).restype = c_void_p
    nss.PK11_InitPin.argtypes = (c_void_p, c_char_p, c_char_p)
    nss.CERT_NewTempCertificate.argtypes = (c_void_p, POINTER(_Item), c_char_p, c_int, c_int)
    nss.PK11_ImportCert.argtypes = (c_void_p, c_void_p, c_ulong, c_char_p, c_int)
    nss.CERT_ChangeCertTrust.argtypes = (c_void_p, c_void_p, POINTER(_Trust))
    _check(nss.NSS_InitReadWrite(f"sql:{folder}".encode()))
    slot = nss.PK11_GetInternalKeySlot()
    _check(nss.PK11_InitPin(slot, None, b""))
    database = nss.CERT_GetDefaultCertDB()
    found = nss.CERT_NewTempCertificate(database, byref(_Item(0, certificate, len(certificate))), None, 0, 1)
    _check(nss.PK11_ImportCert(slot, found, 0, b"tests", 0))
    _check(nss.CERT_ChangeCertTrust(database, found, byref(_Trust(TRUSTED, 0, 0))))


def _check(outcome: int) -> None:
    if outcome:
        raise SystemExit("NSS refused")


if __name__ == "__main__":
    trust(Path(sys.argv[1]), sys.stdin.buffer.read())
