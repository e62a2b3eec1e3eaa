"""Send one message to a webhook now, to see whether it is taken."""

from django.utils import timezone

from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.domain.webhooks import TEST_EVENT, DeliveryStatus
from pagekeep.services.fan_out_events import message
from pagekeep.services.send_webhooks import CLAIM, attempt


def try_webhook(webhook: Webhook) -> WebhookDelivery:
    """Send a message of the type ``webhook.test`` once, enabled or not, and return it with what came back."""
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        created_at=now,
        event=TEST_EVENT,
        body=message(TEST_EVENT, now, {"webhook_id": webhook.pk, "label": webhook.label}),
        attempts=1,
        next_attempt_at=now + CLAIM,
    )
    answer, error = attempt(webhook, delivery)
    delivery.status = DeliveryStatus.FAILED if error else DeliveryStatus.DELIVERED
    delivery.response_status = answer.status if answer else None
    delivery.last_error, delivery.next_attempt_at, delivery.ended_at = error, None, timezone.now()
    if not WebhookDelivery.objects.filter(pk=delivery.pk).update(
        status=delivery.status,
        response_status=delivery.response_status,
        last_error=error,
        next_attempt_at=None,
        ended_at=delivery.ended_at,
    ):
        delivery.last_error = error or "The webhook was removed meanwhile."
    return delivery
