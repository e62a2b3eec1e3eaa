"""Give a browser session for a token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from pagekeep.archive.models import APIToken

TOKEN_KEY = "pagekeep_token_id"  # noqa: S105


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session as its cookie carries it."""

    cookie_name: str
    key: str
    expires: datetime


def open_browser_session(token: APIToken) -> BrowserSession:
    """Open a session of the token's user. It ends when the token expires, or earlier with an ordinary session's age.

    It names the token, so that `is_revoked_session` can tell when the token was revoked before that.
    """
    now = timezone.now()
    expires = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if token.expires is not None:
        expires = min(expires, token.expires)
    user = token.created_by
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[TOKEN_KEY] = str(token.pk)
    session.set_expiry(expires)
    session.save()
    return BrowserSession(settings.SESSION_COOKIE_NAME, session.session_key, expires)


def is_revoked_session(session: Any) -> bool:
    """Whether a session was opened for a token that is not valid any more."""
    token_id = session.get(TOKEN_KEY)
    if token_id is None:
        return False
    token = APIToken.objects.filter(pk=token_id).first()
    return token is None or not token.is_valid(timezone.now())
