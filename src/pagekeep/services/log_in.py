"""Check user name and password, and give a token for them."""

import hashlib
import hmac
import secrets
import time

from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from pagekeep.archive.models import APIToken
from pagekeep.services.issue_token import issue_token
from pagekeep.services.limit_logins import forget_failures, note_failure, refuse_guessing

REMEMBERED_SECONDS = 300.0
REMEMBERED = 100
_key = secrets.token_bytes(32)
_right: dict[bytes, tuple[int, str, float]] = {}


def check_password(username: str, password: str, address: str) -> User | None:
    """Return the user; None unless the password is right and the user an active superuser.

    A password is hashed whether there is such a user or not, so the time does not tell.

    Raises:
        TooManyFailures: there were too many wrong ones from this address.
    """
    refuse_guessing(username, address)
    user = authenticate(username=username, password=password)
    if not isinstance(user, User) or not user.is_superuser:
        note_failure(username, address)
        return None
    forget_failures(username, address)
    return user


def check_password_again(username: str, password: str, address: str) -> User | None:
    """Do the same for one who sends it with each request: a right one is remembered for five minutes, in this process.

    Hashing a password takes longer than most answers. What is remembered is no password, and counts only until the
    user gets another one.

    Raises:
        TooManyFailures: there were too many wrong ones from this address.
    """
    mark = hmac.new(_key, f"{username}\0{password}".encode("utf-8", "replace"), hashlib.sha256).digest()
    user_id, stored, until = _right.get(mark, (0, "", 0.0))
    if until > time.monotonic():
        refuse_guessing(username, address)
        user = User.objects.filter(pk=user_id, password=stored, is_active=True, is_superuser=True).first()
        if user is not None:
            return user
    user = check_password(username, password, address)
    if user is not None:
        while len(_right) >= REMEMBERED:
            _right.pop(next(iter(_right)), None)
        _right[mark] = (user.pk, user.password, time.monotonic() + REMEMBERED_SECONDS)
    return user


def token_for_password(username: str, password: str, address: str) -> tuple[APIToken, str] | None:
    """Return a new token's record and text; None unless the password is right and the user an active superuser.

    Raises:
        TooManyFailures: there were too many wrong ones from this address.
        Conflict: the user has as many tokens as possible, all in use.
    """
    user = check_password(username, password, address)
    return issue_token(user, label="Issued for a password over the API", by_login=True) if user else None
