"""Make a user who administers the archive."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from pagekeep.domain.errors import BadInput, Conflict


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """The user and the password in plain text, which is stored nowhere: show it once."""

    user: User
    password: str


def create_admin(username: str = "admin", password: str | None = None, *, email: str = "") -> NewAdmin:
    """Create a superuser.

    Args:
        password: None or empty makes a random one.

    Raises:
        BadInput: the name cannot be one.
        Conflict: there is a user of that name.
    """
    password = password or secrets.token_urlsafe(12)
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise BadInput(f"{username!r} cannot be a user name: {' '.join(error.messages)}") from error
    with transaction.atomic():
        if User.objects.filter(username=username).exists():
            raise Conflict(f"There is a user {username!r} already; choose another name.")
        user = User.objects.create_superuser(username=username, email=email, password=password)
    return NewAdmin(user, password)
