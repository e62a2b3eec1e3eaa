"""Say whose browser session this is."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest

from pagekeep.services.open_browser_session import is_revoked_session


def check_session(key: str) -> User | None:
    """Return the user of a session's key; None unless it is valid and of someone who administers the archive."""
    if not key:
        return None
    request: Any = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    if is_revoked_session(request.session):
        return None
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active and user.is_staff else None
