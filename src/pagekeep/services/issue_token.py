"""Make a key to the API."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput, Conflict

SCOPES = ("read", "add", "admin")
MAX_TOKENS = 100
PREFIX_LENGTH = 6
MAX_LABEL = 255
SPARED = timedelta(days=1)


def issue_token(
    user: User,
    *,
    label: str = "",
    scopes: Sequence[str] | None = None,
    days: int | Literal["never"] | None = None,
    by_login: bool = False,
) -> tuple[APIToken, str]:
    """Return a new token's record and the token itself: 32 hex characters that cannot be shown again.

    A user has at most 100 valid ones. To make room, the least recently used one that a login issued is revoked, but
    none that was used within a day.

    Args:
        scopes: some of ``read``, ``add``, ``admin``; None for all.
        days: how long it is valid; None for the setting's, ``never`` for one that does not expire.
        by_login: issued by user name and password over the API, so it may be retired.

    Raises:
        BadInput: a scope is unknown, or the label too long.
        Conflict: the user has 100 tokens and none may be retired.
    """
    if len(label) > MAX_LABEL:
        raise BadInput(f"The label is {len(label)} characters long; at most {MAX_LABEL} are accepted.")
    for scope in scopes or ():
        if scope not in SCOPES:
            raise BadInput(f"The scope {scope!r} is not known; allowed are {', '.join(SCOPES)}.")
    text, now = secrets.token_hex(16), timezone.now()
    with transaction.atomic():
        valid = APIToken.objects.filter(Q(expires__isnull=True) | Q(expires__gt=now), created_by=user, revoked_at=None)
        if valid.count() >= MAX_TOKENS:
            unused = valid.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - SPARED), issued_by_login=True)
            oldest = unused.order_by(Coalesce("last_used_at", "created_at"), "id").first()
            if oldest is None:
                raise Conflict(f"{user} has {MAX_TOKENS} tokens in use; revoke one first.")
            APIToken.objects.filter(pk=oldest.pk).update(revoked_at=now)
        token = APIToken.objects.create(
            created_at=now,
            created_by=user,
            label=label,
            prefix=text[:PREFIX_LENGTH],
            digest=digest_of(text),
            scopes=None if scopes is None else list(scopes),
            issued_by_login=by_login,
            expires=None if days == "never" else now + timedelta(days=settings().token_days if days is None else days),
        )
    return token, text


def digest_of(token: str) -> str:
    """Return the keyed hash a token is stored as: HMAC-SHA256 under the secret key, in hex."""
    return hmac.new(django_settings.SECRET_KEY.encode(), b"api-token:" + token.encode(), hashlib.sha256).hexdigest()
