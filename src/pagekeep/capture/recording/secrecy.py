"""What of the secrets of the person archiving is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pagekeep.capture.recording.exchange import Headers, header_pairs
from pagekeep.domain.urls import without_credentials

AUTHORIZATION = frozenset({"authorization", "proxy-authorization"})
# A cookie may have no name, and is then all value.
_COOKIE = re.compile(r"(^|;)(\s*)([^=;]*=)?[^;]*")
REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Secrecy:
    """Which secrets of a visit are kept.

    Attributes:
        credentials: user name and password of URLs, and authorization headers.
        cookies: the values of cookies; their names and attributes always are.
    """

    credentials: bool = False
    cookies: bool = True

    def url(self, url: str) -> str:
        """Return ``url`` as it may be kept."""
        return url if self.credentials else without_credentials(url)

    def headers(self, items: Iterable[tuple[str, Any]]) -> Headers:
        """Return the headers, as pairs, as they may be kept."""
        return tuple((name, self._value(name.lower(), value)) for name, value in header_pairs(items) if self._may(name))

    def _may(self, name: str) -> bool:
        return self.credentials or name.lower() not in AUTHORIZATION

    def _value(self, name: str, value: str) -> str:
        if self.cookies or name not in ("cookie", "set-cookie"):
            return value
        # Of a Set-Cookie the first pair is the cookie, the rest are its attributes (RFC 6265, section 4.1).
        return _COOKIE.sub(rf"\1\2\3{REDACTED}", value, count=1 if name == "set-cookie" else 0)
