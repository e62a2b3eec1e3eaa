"""What of the secrets of the person archiving is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pagekeep.capture.recording.exchange import Headers, header_pairs
from pagekeep.capture.recording.hidden import REDACTED, Hidden, hidden_values
from pagekeep.domain.identity import Identity
from pagekeep.domain.urls import without_credentials

AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})
COOKIES = frozenset({"cookie", "set-cookie"})
# Who was asked is no secret, whatever it looks like.
_HOSTS = frozenset({"host", ":authority", "origin"})
_ADDRESS = re.compile(r"[^?#]*")
# A cookie may have no name, and is then all value.
_COOKIE = re.compile(r"(^|;)(\s*)([^=;]*=)?[^;]*")


@dataclass(frozen=True, slots=True)
class Secrecy:
    """Which secrets of a visit are kept.

    Attributes:
        credentials: user name and password of URLs, authorization headers, and what an identity brings along.
        cookies: the values of cookies; their names and attributes always are.
        hidden: values that are in no header, query or message that was sent.
    """

    credentials: bool = False
    cookies: bool = True
    hidden: Hidden = field(default_factory=Hidden)

    def of(self, identity: Identity) -> "Secrecy":
        """Return what holds for visits of an identity: its secrets, and those that sites make of them, are not kept.

        A site renews the cookies it is brought, so that no cookie of such a visit is.
        """
        if self.credentials or not identity.has_secrets:
            return self
        stored = (value for one in identity.storage for kind in (one.local, one.session) for value in kind.values())
        brought = (cookie.value for cookie in identity.cookies)
        return replace(self, cookies=False, hidden=hidden_values([*brought, *stored]))

    def url(self, url: str) -> str:
        """Return ``url`` as it may be kept."""
        plain = url if self.credentials else without_credentials(url)
        address = _ADDRESS.match(plain)
        end = address.end() if address else 0
        return plain[:end] + self.hidden.text(plain[end:])

    def headers(self, items: Iterable[tuple[str, Any]]) -> Headers:
        """Return the headers, as pairs, as they may be kept."""
        return tuple((name, self._value(name.lower(), value)) for name, value in header_pairs(items) if self._may(name))

    def _may(self, name: str) -> bool:
        return self.credentials or name.lower() not in AUTHORIZATION

    def _value(self, name: str, value: str) -> str:
        if name not in COOKIES:
            return value if name in _HOSTS else self.hidden.text(value)
        if self.cookies:
            return value
        # Of a Set-Cookie the first pair is the cookie, the rest are its attributes (RFC 6265, section 4.1).
        return _COOKIE.sub(rf"\1\2\3{REDACTED}", value, count=1 if name == "set-cookie" else 0)
