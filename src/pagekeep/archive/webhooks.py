"""Reading webhooks and what was sent to them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from pagekeep.archive.filters import check_choice
from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.archive.references import find_one, id_range
from pagekeep.domain.webhooks import DeliveryStatus


def list_webhooks() -> QuerySet[Webhook]:
    """Return every webhook with its creator, newest first: 1 statement."""
    return Webhook.objects.select_related("created_by").order_by("-created_at", "-id")


def find_webhook(reference: str) -> Webhook:
    """Return the webhook an id or its unambiguous prefix names, with its creator.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(Webhook.objects.select_related("created_by"), [id_range(reference)], "webhook", reference)


def list_deliveries(webhook: Webhook, status: str = "") -> QuerySet[WebhookDelivery]:
    """Return what was and will be sent to a webhook, newest first: 1 statement.

    Args:
        status: only those in this state; empty for all.

    Raises:
        BadInput: the state is unknown.
    """
    check_choice("status", status, list(DeliveryStatus))
    found = WebhookDelivery.objects.filter(webhook=webhook)
    return (found.filter(status=status) if status else found).order_by("-created_at", "-id")


def webhooks_to_serve(now: datetime) -> QuerySet[Webhook]:
    """Return the enabled webhooks to which something is due and nothing holds it back: 1 statement."""
    free = Q(held_until__isnull=True) | Q(held_until__lte=now)
    due = WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING, next_attempt_at__lte=now)
    return Webhook.objects.filter(free, enabled=True, pk__in=due.values("webhook")).order_by("held_until", "id")
