"""Answers a site's question for a password (RFC 9110, section 11) with the one its URL was given with."""

from urllib.parse import urlsplit

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.network.addresses import canonical_host
from pagekeep.domain.urls import credentials_of, without_credentials

_PORTS = {"http": 80, "https": 443}


class Logins:
    """The password of one visit; it is given to the origin it is for, and to nobody else."""

    def __init__(self, url: str) -> None:
        self._credentials = credentials_of(url)
        self._origin = _origin(without_credentials(url))
        self._asked: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether there is a password to give."""
        return self._credentials is not None

    def answer(self, session: Session, event: Params) -> None:
        """Answer a ``Fetch.authRequired``; a password that was refused is not given again."""
        request_id, challenge = event["requestId"], event["authChallenge"]
        ours = challenge.get("source") != "Proxy" and _origin(challenge["origin"]) == self._origin
        response = {"response": "CancelAuth"}
        if ours and self._credentials and request_id not in self._asked:
            self._asked.add(request_id)
            name, password = self._credentials
            response = {"response": "ProvideCredentials", "username": name, "password": password}
        session.post("Fetch.continueWithAuth", requestId=request_id, authChallengeResponse=response)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port as browsers write them; nothing of what is no URL."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), canonical_host(parts.hostname or "")
        return scheme, host, parts.port or _PORTS.get(scheme)
    except ValueError:
        return "", "", None
