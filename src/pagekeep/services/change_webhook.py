"""Change a webhook, give it another secret, or remove it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.domain.errors import NotFound
from pagekeep.domain.webhooks import DeliveryStatus, check_events, secret_text
from pagekeep.services.create_webhook import check_endpoint, check_label
from pagekeep.services.webhook_secret import key_of, new_salt

FORMER_SECRET_LASTS = timedelta(days=1)
_DISABLED = "The webhook was disabled before this was sent."


def change_webhook(
    webhook_id: UUID,
    *,
    url: str | None = None,
    label: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> None:
    """Change what is not None. Disabling drops what waits; enabling, or another URL, begins without failures.

    Raises:
        BadInput: URL, label or an event cannot be used.
        NotFound: it was removed in this moment.
    """
    changes: dict[str, object] = {}
    if url is not None:
        changes["url"] = check_endpoint(url)
    if label is not None:
        changes["label"] = check_label(label)
    if events is not None:
        changes["events"] = check_events(events)
    if enabled is not None:
        changes["enabled"] = enabled
    if url is not None or enabled:
        changes |= {"failures": 0, "held_until": None, "last_error": ""}
    with transaction.atomic():
        _update(webhook_id, changes)
        if enabled is False:
            cancel_deliveries(webhook_id, _DISABLED)


def rotate_secret(webhook_id: UUID) -> str:
    """Return a new secret, which is not shown again. For a day messages are signed with the former one too.

    Raises:
        NotFound: it was removed in this moment.
    """
    salt, now = new_salt(), timezone.now()
    with transaction.atomic():
        former = Webhook.objects.filter(pk=webhook_id).values_list("salt", flat=True).first()
        _update(webhook_id, {"salt": salt, "former_salt": former or "", "former_until": now + FORMER_SECRET_LASTS})
    return secret_text(key_of(salt))


def remove_webhook(webhook_id: UUID) -> bool:
    """Remove a webhook with all that was and would be sent to it; return whether it was there."""
    return bool(Webhook.objects.filter(pk=webhook_id).delete()[0])


def cancel_deliveries(webhook_id: UUID, reason: str) -> int:
    """Drop what waits to be sent to a webhook; return how many messages that were."""
    waiting = WebhookDelivery.objects.filter(webhook=webhook_id, status=DeliveryStatus.PENDING)
    return waiting.update(
        status=DeliveryStatus.CANCELLED, next_attempt_at=None, ended_at=timezone.now(), last_error=reason
    )


def _update(webhook_id: UUID, changes: dict[str, object]) -> None:
    if not Webhook.objects.filter(pk=webhook_id).update(modified_at=timezone.now(), **changes):
        raise NotFound(f"There is no webhook {webhook_id} any more.")
