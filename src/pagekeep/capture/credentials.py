"""User and password of a URL: they open the page, and are no part of what is kept of it."""

from typing import Self
from urllib.parse import unquote, urlsplit

from pagekeep.capture.addresses import canonical_host
from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recorder import AT_RESPONSE, DOCUMENT_AT_REQUEST


def without_credentials(url: str) -> str:
    """Return ``url`` without the ``user:password@`` before its host (RFC 3986, section 3.2.1)."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url  # as it was written
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class Credentials:
    """What one origin is told when it asks for a password; no other learns it."""

    def __init__(self, origin: str, user: str, password: str) -> None:
        self._origin, self._user, self._password = origin, user, password
        self._told: set[str] = set()

    @classmethod
    def of(cls, url: str) -> Self | None:
        """Return those in ``url``, None if it has none."""
        parts = urlsplit(url)
        if parts.username is None:
            return None
        return cls(_origin(url), unquote(parts.username), unquote(parts.password or ""))

    def offer(self, session: Session) -> None:
        """Answer when the page is asked for a password; from then on the browser itself tells it to that origin."""
        session.on("Fetch.authRequired", lambda event: self._asked(session, event))
        # The browser asks us only about requests it has shown before they were sent.
        session.post("Fetch.enable", patterns=[DOCUMENT_AT_REQUEST, AT_RESPONSE], handleAuthRequests=True)

    def _asked(self, session: Session, event: Params) -> None:
        challenge, request_id = event["authChallenge"], event["requestId"]
        ours = challenge.get("source") == "Server" and _origin(challenge["origin"]) == self._origin
        answer = {"response": "CancelAuth"}
        if ours and request_id not in self._told:  # asked once more, the password was wrong
            self._told.add(request_id)
            answer = {"response": "ProvideCredentials", "username": self._user, "password": self._password}
        session.post("Fetch.continueWithAuth", requestId=request_id, authChallengeResponse=answer)


def _origin(url: str) -> str:
    """Return scheme, host and port, as browsers write them (WHATWG URL, origin)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{canonical_host(parts.hostname or '')}:{port}"
