"""Give a token for user name and password."""

from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from pagekeep.archive.models import APIToken
from pagekeep.services.issue_token import issue_token


def token_for_password(username: str, password: str) -> tuple[APIToken, str] | None:
    """Return a new token's record and text; None unless the password is right and the user an active superuser.

    A password is hashed whether there is such a user or not, so the time does not tell.

    Raises:
        Conflict: the user has as many tokens as possible, all in use.
    """
    user = authenticate(username=username, password=password)
    if not isinstance(user, User) or not user.is_superuser:
        return None
    return issue_token(user, label="Issued for a password over the API", by_login=True)
