"""``/webhooks/``: who is told when snapshots and crawls change their state."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import user_of
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.webhooks import (
    DeliveryQuery,
    DeliverySchema,
    PagedDeliverySchema,
    PagedWebhookSchema,
    WebhookCreateSchema,
    WebhookDeleteSchema,
    WebhookSchema,
    WebhookSecretSchema,
    WebhookUpdateSchema,
    delivery_object,
    delivery_objects,
    webhook_object,
    webhook_objects,
)
from pagekeep.archive.webhooks import find_webhook, list_deliveries, list_webhooks
from pagekeep.services.change_webhook import change_webhook, remove_webhook, rotate_secret
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.try_webhook import try_webhook

router = Router(tags=["Webhooks"])


@router.get(
    "/webhooks",
    operation_id="get_webhooks",
    summary="List webhooks",
    auth=any_token("admin"),
    response=responses(PagedWebhookSchema),
)
def get_webhooks(request: HttpRequest, query: Query[PagingQuery]) -> HttpResponse:
    """Newest first, without their secrets."""
    return reply(page_of(list_webhooks(), query, webhook_objects))


@router.post(
    "/webhooks",
    operation_id="create_webhook",
    summary="Have an endpoint told of changes; the answer shows its secret once",
    auth=any_token("admin"),
    response=responses(WebhookSecretSchema, 409, 413),
)
def post_webhook(request: HttpRequest, body: WebhookCreateSchema) -> HttpResponse:
    """Messages are signed as Standard Webhooks describes."""
    webhook, secret = create_webhook(
        body.url,
        user=user_of(request),
        label=body.label,
        events=body.events,
        enabled=body.enabled,
    )
    return reply({**webhook_object(webhook), "secret": secret})


@router.get(
    "/webhook/{webhook_id}",
    operation_id="get_webhook",
    summary="Get a webhook by id or the beginning of its id",
    auth=any_token("admin"),
    response=responses(WebhookSchema, 404),
)
def get_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Without its secret."""
    return reply(webhook_object(find_webhook(webhook_id)))


@router.patch(
    "/webhook/{webhook_id}",
    operation_id="patch_webhook",
    summary="Change a webhook, or switch it on or off",
    auth=any_token("admin"),
    response=responses(WebhookSchema, 404, 413),
)
def patch_webhook(request: HttpRequest, webhook_id: str, body: WebhookUpdateSchema) -> HttpResponse:
    """What is absent or null stays as it is. Switching off drops what waits to be sent."""
    webhook = find_webhook(webhook_id)
    change_webhook(webhook.pk, url=body.url, label=body.label, events=body.events, enabled=body.enabled)
    return reply(webhook_object(find_webhook(str(webhook.pk))))


@router.delete(
    "/webhook/{webhook_id}",
    operation_id="delete_webhook",
    summary="Delete a webhook with all that was and would be sent to it",
    auth=any_token("admin"),
    response=responses(WebhookDeleteSchema, 404),
)
def delete_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """A message that is on its way at this moment may still arrive."""
    webhook = find_webhook(webhook_id)
    remove_webhook(webhook.pk)
    return reply({"success": True, "webhook_id": webhook.pk})


@router.get(
    "/webhook/{webhook_id}/deliveries",
    operation_id="get_webhook_deliveries",
    summary="List what was and will be sent to a webhook",
    auth=any_token("admin"),
    response=responses(PagedDeliverySchema, 404),
)
def get_webhook_deliveries(request: HttpRequest, webhook_id: str, query: Query[DeliveryQuery]) -> HttpResponse:
    """Newest first. What has ended is kept for a week."""
    found = list_deliveries(find_webhook(webhook_id), query.status or "")
    return reply(page_of(found, query, delivery_objects))


@router.post(
    "/webhook/{webhook_id}/test",
    operation_id="test_webhook",
    summary="Send a test message now and tell what came back",
    auth=any_token("admin"),
    response=responses(DeliverySchema, 404),
)
def test_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Its type is `webhook.test`. It is sent once, within ten seconds, even if the webhook is switched off."""
    return reply(delivery_object(try_webhook(find_webhook(webhook_id))))


@router.post(
    "/webhook/{webhook_id}/rotate",
    operation_id="rotate_webhook_secret",
    summary="Give a webhook another secret; the answer shows it once",
    auth=any_token("admin"),
    response=responses(WebhookSecretSchema, 404),
)
def rotate_webhook_secret(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """For a day messages carry a signature with the former secret too."""
    webhook = find_webhook(webhook_id)
    secret = rotate_secret(webhook.pk)
    return reply({**webhook_object(find_webhook(str(webhook.pk))), "secret": secret})
