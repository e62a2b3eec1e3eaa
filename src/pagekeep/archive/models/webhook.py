from django.conf import settings
from django.db import models
from django.db.models import Q

from pagekeep.archive.models.choices import choices, values
from pagekeep.domain.ids import new_id
from pagekeep.domain.webhooks import DeliveryStatus


class Webhook(models.Model):
    """An endpoint that is told when snapshots and crawls change their state.

    Its secret is not stored: it is made of the archive's secret key and ``salt``; ``former_salt`` signs too until
    ``former_until``. ``failures`` counts those since the last success; while there are many, nothing is sent before
    ``held_until``.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="webhooks"
    )
    url = models.TextField()
    label = models.CharField(max_length=255, blank=True, default="")
    events = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    salt = models.CharField(max_length=32, editable=False)
    former_salt = models.CharField(max_length=32, blank=True, default="", editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    last_success_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.label or self.url


class WebhookEvent(models.Model):
    """A change of state that no endpoint has been told of yet. Triggers write it, `archive.events`."""

    at = models.DateTimeField()
    type = models.CharField(max_length=64)
    object_id = models.UUIDField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.type


class WebhookDelivery(models.Model):
    """One message to one endpoint, tried until it is taken or given up. A pending one is due at ``next_attempt_at``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    created_at = models.DateTimeField()
    event = models.CharField(max_length=64)
    body = models.TextField()
    status = models.CharField(max_length=16, choices=choices(DeliveryStatus), default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(DeliveryStatus)), name="delivery_status_known"),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.PENDING, next_attempt_at__isnull=False)
                | (~Q(status=DeliveryStatus.PENDING) & Q(next_attempt_at__isnull=True)),
                name="delivery_due_iff_pending",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_newest"),
            models.Index(
                fields=["webhook", "next_attempt_at"], name="delivery_due", condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(fields=["ended_at"], name="delivery_ended", condition=Q(ended_at__isnull=False)),
            models.Index(fields=["ended_at"], name="delivery_failed", condition=Q(status=DeliveryStatus.FAILED)),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.status}"
