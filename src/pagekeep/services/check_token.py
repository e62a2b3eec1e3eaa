"""Say whose key this is."""

import re
from datetime import timedelta

from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.services.issue_token import digest_of

_TOKEN = re.compile(r"[0-9a-f]{32}")
# Noting each use exactly would be a write per request.
NOTED_EVERY = timedelta(minutes=1)


def check_token(text: str) -> APIToken | None:
    """Return the record of a token with its user, noting its use; None unless it is valid and an active superuser's."""
    if not _TOKEN.fullmatch(text):
        return None
    token = APIToken.objects.select_related("created_by").filter(digest=digest_of(text)).first()
    now = timezone.now()
    if token is None or not token.is_valid(now):
        return None
    if not (token.created_by.is_active and token.created_by.is_superuser):
        return None
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        APIToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
    return token


def has_scope(token: APIToken, scope: str) -> bool:
    """Whether a token has a scope; ``admin`` includes the others, and a token without a list has all."""
    return token.scopes is None or scope in token.scopes or "admin" in token.scopes
