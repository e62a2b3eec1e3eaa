"""Webhooks and what was sent to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import Schema
from orjson import Fragment
from pydantic import Field

from pagekeep.api.schemas.common import PageFields, PagingQuery, example, one_of
from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.domain.webhooks import PATTERNS, DeliveryStatus

_EXAMPLE: dict[str, Any] = {
    "TYPE": "webhooks.models.Webhook",
    "id": "0199c0de-0000-7000-8000-000000000005",
    "created_at": "2026-11-23T20:00:00Z",
    "modified_at": "2026-11-23T20:00:00Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "url": "https://example.com/hooks/pagekeep",
    "label": "Tell the reading list",
    "events": ["snapshot.succeeded", "snapshot.failed", "crawl.sealed"],
    "enabled": True,
    "failures": 0,
    "last_error": "",
    "last_success_at": None,
    "held_until": None,
}
_SECRET = {"secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
_DELIVERY: dict[str, Any] = {
    "TYPE": "webhooks.models.WebhookDelivery",
    "id": "0199c0de-0000-7000-8000-000000000006",
    "webhook_id": "0199c0de-0000-7000-8000-000000000005",
    "created_at": "2026-11-23T20:00:03Z",
    "event": "snapshot.succeeded",
    "status": "delivered",
    "attempts": 1,
    "next_attempt_at": None,
    "ended_at": "2026-11-23T20:00:04Z",
    "response_status": 200,
    "last_error": "",
    "payload": {"type": "snapshot.succeeded", "timestamp": "2026-11-23T20:00:02.5Z", "data": {"url": "…"}},
}
_PAGE = {"total_items": 1, "total_pages": 1, "page": 0, "limit": 200, "offset": 0, "num_items": 1, "count": 1}
_EVENTS: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(PATTERNS)}}


class WebhookSchema(Schema):
    TYPE: str = "webhooks.models.Webhook"
    id: UUID
    created_at: datetime
    modified_at: datetime
    created_by_id: str
    created_by_username: str
    url: str
    label: str
    events: list[str]
    enabled: bool
    failures: int = Field(description="Failures since the last success.")
    last_error: str = Field(description="What went wrong last; empty since a success.")
    last_success_at: datetime | None
    held_until: datetime | None = Field(description="When it is tried again after several failures in a row.")

    model_config = example(**_EXAMPLE)


class WebhookSecretSchema(WebhookSchema):
    secret: str = Field(description="Signs the messages; shown this once.")

    model_config = example(**_EXAMPLE, **_SECRET)


class PagedWebhookSchema(PageFields):
    items: list[WebhookSchema]

    model_config = example(**_PAGE, items=[_EXAMPLE])


class WebhookCreateSchema(Schema):
    url: str
    label: str = ""
    events: list[str] | None = Field(
        None,
        description="Absent: snapshot.succeeded, snapshot.failed and crawl.sealed.",
        json_schema_extra={"anyOf": [_EVENTS, {"type": "null"}]},
    )
    enabled: bool = True

    model_config = example(
        url="https://example.com/hooks/pagekeep", label="Tell the reading list", events=["snapshot.*", "crawl.sealed"]
    )


class WebhookUpdateSchema(Schema):
    url: str | None = None
    label: str | None = None
    events: list[str] | None = Field(None, json_schema_extra={"anyOf": [_EVENTS, {"type": "null"}]})
    enabled: bool | None = None

    model_config = example(label="Tell nobody for a while", enabled=False)


class WebhookDeleteSchema(Schema):
    success: bool
    webhook_id: UUID

    model_config = example(success=True, webhook_id="0199c0de-0000-7000-8000-000000000005")


class DeliverySchema(Schema):
    TYPE: str = "webhooks.models.WebhookDelivery"
    id: UUID = Field(description="The header `webhook-id`.")
    webhook_id: UUID
    created_at: datetime
    event: str
    status: str = Field(description="pending, delivered, failed (given up) or cancelled.")
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    response_status: int | None = Field(description="Of the last answer; null if none came.")
    last_error: str
    payload: dict[str, Any] = Field(description="The message's body.")

    model_config = example(**_DELIVERY)


class PagedDeliverySchema(PageFields):
    items: list[DeliverySchema]

    model_config = example(**_PAGE, items=[_DELIVERY])


class DeliveryQuery(PagingQuery):
    status: str | None = Field(None, json_schema_extra=one_of(DeliveryStatus))


def webhook_object(webhook: Webhook) -> dict[str, Any]:
    """Return the fields of `WebhookSchema` of a webhook read with its creator."""
    creator = webhook.created_by
    return {
        "TYPE": "webhooks.models.Webhook",
        "id": webhook.pk,
        "created_at": webhook.created_at,
        "modified_at": webhook.modified_at,
        "created_by_id": str(creator.pk) if creator else "",
        "created_by_username": creator.get_username() if creator else "",
        "url": webhook.url,
        "label": webhook.label,
        "events": webhook.events,
        "enabled": webhook.enabled,
        "failures": webhook.failures,
        "last_error": webhook.last_error,
        "last_success_at": webhook.last_success_at,
        "held_until": webhook.held_until,
    }


def webhook_objects(webhooks: QuerySet[Webhook]) -> list[dict[str, Any]]:
    """Return the fields of `WebhookSchema` for each webhook."""
    return [webhook_object(webhook) for webhook in webhooks]


def delivery_object(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return the fields of `DeliverySchema`."""
    return {
        "TYPE": "webhooks.models.WebhookDelivery",
        "id": delivery.pk,
        "webhook_id": delivery.webhook_id,
        "created_at": delivery.created_at,
        "event": delivery.event,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "ended_at": delivery.ended_at,
        "response_status": delivery.response_status,
        "last_error": delivery.last_error,
        "payload": Fragment(delivery.body.encode()),
    }


def delivery_objects(deliveries: QuerySet[WebhookDelivery]) -> list[dict[str, Any]]:
    """Return the fields of `DeliverySchema` for each delivery."""
    return [delivery_object(delivery) for delivery in deliveries]
