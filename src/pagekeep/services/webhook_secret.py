"""The keys that sign messages to webhooks: made when needed, so that no copy of the database holds one."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings

from pagekeep.archive.models import Webhook


def new_salt() -> str:
    """Return what makes a webhook's key its own: 32 hex characters."""
    return secrets.token_hex(16)


def key_of(salt: str) -> bytes:
    """Return the 32 bytes of a signing key: HMAC-SHA256 of the salt under the archive's secret key."""
    return hmac.new(settings.SECRET_KEY.encode(), b"webhook:" + salt.encode(), hashlib.sha256).digest()


def keys_in_force(webhook: Webhook, now: datetime) -> list[bytes]:
    """Return the keys to sign with: the present one, and the former one while it is still accepted."""
    salts = [webhook.salt]
    if webhook.former_salt and webhook.former_until and webhook.former_until > now:
        salts.append(webhook.former_salt)
    return [key_of(salt) for salt in salts]
