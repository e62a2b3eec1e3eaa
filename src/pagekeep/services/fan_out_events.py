"""Turn the changes of state that the database noted into messages, one for each webhook that wants it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from pagekeep.archive.models import Snapshot, SnapshotTag, Webhook, WebhookDelivery, WebhookEvent
from pagekeep.config.load import settings
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import without_credentials
from pagekeep.domain.webhooks import is_wanted

BATCH = 200


def fan_out_events() -> int:
    """Make the messages of all events noted so far; return how many messages that were.

    Each batch is one transaction, so each event becomes its messages once, however many workers do this.
    """
    made = 0
    while WebhookEvent.objects.exists():
        with transaction.atomic():
            made += _fan_out(list(WebhookEvent.objects.order_by("id")[:BATCH]))
    return made


def message(event: str, at: datetime, data: dict[str, Any]) -> str:
    """Return the body of a message, as Standard Webhooks has it: type, timestamp, data."""
    return orjson.dumps(
        {"type": event, "timestamp": at.astimezone(UTC), "data": data}, option=orjson.OPT_UTC_Z
    ).decode()


def _fan_out(events: list[WebhookEvent]) -> int:
    webhooks = list(Webhook.objects.filter(enabled=True))
    wanted = [event for event in events if any(is_wanted(event.type, webhook.events) for webhook in webhooks)]
    tags, counts, now = _tags(wanted), _counts(wanted), timezone.now()
    deliveries = [
        WebhookDelivery(webhook=webhook, created_at=now, event=event.type, body=body, next_attempt_at=now)
        for event in wanted
        for body in [message(event.type, event.at, _data(event, tags, counts))]
        for webhook in webhooks
        if is_wanted(event.type, webhook.events)
    ]
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=50)
    WebhookEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    return len(deliveries)


def _data(event: WebhookEvent, tags: dict[UUID, list[str]], counts: dict[UUID, dict[str, int]]) -> dict[str, Any]:
    facts, base = event.facts, settings().base_url
    shared = {"id": event.object_id, "status": facts["status"], "former_status": facts["former_status"]}
    if event.type.startswith("crawl."):
        return {
            "TYPE": "crawls.models.Crawl",
            **shared,
            "outcome": facts.get("outcome", ""),  # an older version noted neither
            "limit_reached": facts.get("limit_reached", ""),
            "label": facts["label"],
            "max_depth": facts["max_depth"],
            **counts.get(event.object_id, _counted({})),
        }
    path = f"snapshot/{event.object_id}"
    return {
        "TYPE": "core.models.Snapshot",
        **shared,
        "url": without_credentials(facts["url"]),
        "title": facts["title"],
        "reason": facts["reason"],
        "response_status": facts["response_status"],
        "timestamp": facts["timestamp"],
        "crawl_id": UUID(facts["crawl_id"]),
        "tags": tags.get(event.object_id, []),
        "archive_path": path,
        "archive_url": f"{base}/{path}/" if base else None,
    }


def _tags(events: list[WebhookEvent]) -> dict[UUID, list[str]]:
    ids = {event.object_id for event in events if event.type.startswith("snapshot.")}
    found: dict[UUID, list[str]] = {}
    rows = SnapshotTag.objects.filter(snapshot_id__in=ids).order_by("tag__key")
    for snapshot_id, name in rows.values_list("snapshot_id", "tag__name"):
        found.setdefault(snapshot_id, []).append(name)
    return found


def _counts(events: list[WebhookEvent]) -> dict[UUID, dict[str, int]]:
    ids = {event.object_id for event in events if event.type.startswith("crawl.")}
    rows = (
        Snapshot.objects.filter(crawl__in=ids)
        .order_by()
        .values("crawl_id", refused=F("crawl__num_refused"))
        .annotate(
            made=Count("pk"),
            succeeded=Count("pk", filter=Q(status=SnapshotStatus.SUCCEEDED)),
            failed=Count("pk", filter=Q(status=SnapshotStatus.FAILED)),
        )
    )
    return {row["crawl_id"]: _counted(dict(row)) for row in rows}


def _counted(row: dict[str, Any]) -> dict[str, int]:
    return {
        f"num_{name}": row.get(key, 0)
        for name, key in (
            ("snapshots", "made"),
            ("succeeded", "succeeded"),
            ("failed", "failed"),
            ("refused", "refused"),
        )
    }
