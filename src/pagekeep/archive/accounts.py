"""Reading users and their tokens."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from pagekeep.archive.models import APIToken
from pagekeep.domain.errors import NotFound


def list_users() -> QuerySet[User]:
    """Return every user by name."""
    return User.objects.order_by("username")


def list_tokens() -> QuerySet[APIToken]:
    """Return every token with its user, newest first."""
    return APIToken.objects.select_related("created_by").order_by("-created_at", "-id")


def find_user(username: str) -> User:
    """Return the user of that name.

    Raises:
        NotFound
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"There is no user {username!r}; pagekeep user list shows who there is.")
    return user


def first_admin() -> User | None:
    """Return the administrator who has been there longest, None if nobody can log in to administer."""
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
