"""A POST over real sockets: certificates, names, and servers that never say a word."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.post import Answer, post
from pagekeep.domain.errors import AddressRefused, CaptureError, TimeBudgetExceeded

LOCAL = AddressPolicy(["127.0.0.1", "::1"])


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let ``talk`` answer one connection on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    talk(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password) + made.public_bytes(encoding)
    )
    return path


def over_tls(certificate: Path, seen: list[str | None]) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: seen.append(name)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            request = b""
            while not request.endswith(b"{}"):  # what is left unread when the connection closes takes the answer along
                request += secured.recv(65536)
            seen.append(request.decode().partition("\r\n")[0])
            secured.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    return talk


def test_a_certificate_that_is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen: list[str | None] = []
    with serving(over_tls(certificate, seen)) as port:
        assert post(f"https://localhost:{port}/ä?b= c", b"{}", {}, LOCAL, seconds=10) == Answer(201)
    assert seen == ["localhost", "POST /%C3%A4?b=%20c HTTP/1.1"]


@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
def test_a_certificate_that_is_not(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool
) -> None:
    if trusted:  # but made out for another name
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        serving(over_tls(certificate, [])) as port,
        pytest.raises(CaptureError, match="no certificate that can be trusted"),
    ):
        post(f"https://{host}:{port}/", b"{}", {}, LOCAL, seconds=10)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_ends_in_time(scheme: str) -> None:
    let_go = threading.Event()
    began = time.monotonic()
    with serving(lambda connection: bool(let_go.wait(30))) as port:
        with pytest.raises(TimeBudgetExceeded, match=r"did not answer within 0\.3 seconds"):
            post(f"{scheme}://127.0.0.1:{port}/", b"{}", {}, LOCAL, seconds=0.3)
        let_go.set()
    assert time.monotonic() - began < 10


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CaptureError, match=f"127.0.0.1:{port} did not answer"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, LOCAL, seconds=5)


def test_a_name_nobody_has() -> None:
    with pytest.raises(CaptureError, match="cannot be found"):
        post("http://nowhere.invalid/", b"{}", {}, LOCAL, seconds=5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    with serving(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        with pytest.raises(AddressRefused, match="PAGEKEEP_OTHER"):
            post(f"http://{host}:{port}/", b"{}", {}, AddressPolicy(setting="PAGEKEEP_OTHER"), seconds=5)
        socket.create_connection(("127.0.0.1", port)).close()  # lets the server end
