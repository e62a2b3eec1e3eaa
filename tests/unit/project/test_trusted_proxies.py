from collections.abc import Iterable
from typing import Any

import pytest

from pagekeep.project.proxies import believe_only


def seen(trusted: list[str], **environ: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.update(environ)
        return [b""]

    list(believe_only(application, trusted)(dict(environ), None))
    return found


def test_headers_of_strangers_are_dropped() -> None:
    sent = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "evil.test", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}
    noted = {"pagekeep.forwarded": True}
    assert seen(["10.0.0.0/8"], REMOTE_ADDR="192.168.0.1", **sent) == {"REMOTE_ADDR": "192.168.0.1"} | noted
    assert seen([], REMOTE_ADDR="127.0.0.1", **sent) == {"REMOTE_ADDR": "127.0.0.1"} | noted
    assert seen([], REMOTE_ADDR="127.0.0.1") == {"REMOTE_ADDR": "127.0.0.1"}


def test_headers_of_a_trusted_proxy_are_believed() -> None:
    found = seen(["10.0.0.1"], REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="1.2.3.4")
    assert (found["REMOTE_ADDR"], found["HTTP_X_FORWARDED_PROTO"]) == ("1.2.3.4", "https")


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("9.9.9.9, 1.2.3.4", "1.2.3.4"),  # what stands left of it, the client may have made up
        ("1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "10.0.0.1"),
        ("::1", "::1"),
    ],
)
def test_the_client_is_the_last_hop_that_is_no_proxy(forwarded: str, client: str) -> None:
    assert seen(["10.0.0.0/8"], REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)["REMOTE_ADDR"] == client
