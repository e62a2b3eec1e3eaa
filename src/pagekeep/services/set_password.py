"""Give a user another password."""

import secrets

from django.contrib.auth.models import User

from pagekeep.archive.accounts import find_user


def set_password(username: str, password: str | None = None) -> tuple[User, str]:
    """Set a password and return the user and the password in plain text, which is stored nowhere: show it once.

    Args:
        password: None or empty makes a random one.

    Raises:
        NotFound: there is no user of that name.
    """
    user = find_user(username)
    password = password or secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    return user, password
