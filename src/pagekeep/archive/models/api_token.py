from datetime import datetime

from django.conf import settings
from django.db import models

from pagekeep.domain.ids import new_id


class APIToken(models.Model):
    """A key to the API. The token itself is never stored: ``digest`` is its HMAC-SHA256 under the secret key.

    ``scopes`` None means all of them. ``issued_by_login`` marks tokens made by ``get_api_token``, which may be retired.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=255, blank=True, default="")
    prefix = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(null=True, blank=True)
    issued_by_login = models.BooleanField(default=False)
    expires = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires is None or self.expires > now)
