"""Changes of state are noted by the database itself, and become one message for each webhook that wants them."""

import json
from datetime import datetime
from uuid import uuid4

import pytest

from pagekeep.archive import queue
from pagekeep.archive.models import Crawl, Snapshot, Webhook, WebhookDelivery, WebhookEvent
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.change_crawl import cancel_crawl
from pagekeep.services.change_webhook import change_webhook
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.fan_out_events import fan_out_events
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.seal_snapshots import seal_snapshots
from webhook_endpoint import Endpoint

pytestmark = pytest.mark.django_db
Hooked = tuple[Webhook, str]


def noted() -> list[str]:
    return list(WebhookEvent.objects.order_by("id").values_list("type", flat=True))


def test_nothing_is_noted_without_an_enabled_webhook(hooked: Hooked) -> None:
    change_webhook(hooked[0].pk, enabled=False)
    add_urls(["https://example.com/"], user=None)
    assert noted() == []


def test_every_way_of_changing_a_state_is_noted(hooked: Hooked) -> None:
    snapshot = add_urls(["https://example.com/"], user=None).snapshots[0]
    owner = uuid4()
    assert queue.claim(owner, 60)  # raw SQL
    queue.heartbeat(owner, [snapshot.pk], 60)  # no change of state
    Snapshot.objects.filter(pk=snapshot.pk).update(title="A title")  # neither
    queue.release(owner, snapshot.pk, count_attempt=False)
    seal_snapshots([snapshot.pk])
    assert [event for event in noted() if event.startswith("snapshot.")] == [
        "snapshot.queued",
        "snapshot.started",
        "snapshot.queued",
        "snapshot.sealed",
    ]
    assert [event for event in noted() if event.startswith("crawl.")] == ["crawl.queued", "crawl.sealed"]


def test_what_a_message_says(hooked: Hooked) -> None:
    added = add_urls(["https://me:secret@example.com/ä?b=1"], tags=["Zoo", "news"], user=None)
    snapshot = added.snapshots[0]
    Snapshot.objects.filter(pk=snapshot.pk).update(
        status=SnapshotStatus.SUCCEEDED, retry_at=None, title="A title", response_status=200
    )
    fan_out_events()
    assert not WebhookEvent.objects.exists()
    deliveries = {delivery.event: delivery for delivery in WebhookDelivery.objects.all()}
    assert set(deliveries) == {"crawl.queued", "snapshot.queued", "snapshot.succeeded"}
    payload = _payload(deliveries["snapshot.succeeded"])
    assert payload["type"] == "snapshot.succeeded"
    assert datetime.fromisoformat(payload["timestamp"]).tzinfo is not None
    assert payload["data"] == {
        "TYPE": "core.models.Snapshot",
        "id": str(snapshot.pk),
        "status": "succeeded",
        "former_status": "queued",
        "url": "https://example.com/ä?b=1",
        "title": "A title",
        "reason": "",
        "response_status": 200,
        "timestamp": snapshot.timestamp,
        "crawl_id": str(added.crawl.pk),
        "tags": ["news", "Zoo"],
        "archive_path": f"snapshot/{snapshot.pk}",
        "archive_url": None,
    }
    assert not any("secret" in delivery.body for delivery in deliveries.values())


def test_a_crawl_tells_how_many_of_its_pages_succeeded(hooked: Hooked) -> None:
    added = add_urls([f"https://example.com/{number}" for number in range(3)], user=None)
    ids = [snapshot.pk for snapshot in added.snapshots]
    Snapshot.objects.filter(pk=ids[0]).update(status=SnapshotStatus.SUCCEEDED, retry_at=None)
    Snapshot.objects.filter(pk=ids[1]).update(status=SnapshotStatus.FAILED, retry_at=None)
    seal_snapshots(ids[2:])
    fan_out_events()
    data = _payload(WebhookDelivery.objects.get(event="crawl.sealed"))["data"]
    assert (data["id"], data["status"]) == (str(added.crawl.pk), "sealed")
    assert (data["num_snapshots"], data["num_succeeded"], data["num_failed"]) == (3, 1, 1)


def test_a_crawl_tells_how_it_ended(hooked: Hooked) -> None:
    urls = ["https://example.com/", "https://example.org/", "file:///etc/passwd"]
    limited = add_urls(urls, user=None, max_urls=1)
    seal_snapshots([snapshot.pk for snapshot in limited.snapshots])
    cancel_crawl(add_urls(urls, user=None).crawl.pk)
    fan_out_events()
    told = [_payload(sent)["data"] for sent in WebhookDelivery.objects.filter(event="crawl.sealed")]
    ends = {end["outcome"]: end for end in told}
    assert {name: end["num_refused"] for name, end in ends.items()} == {"limit": 2, "cancelled": 1}
    assert "max_urls" in ends["limit"]["limit_reached"]
    assert ends["cancelled"]["limit_reached"] == ""


def test_only_what_a_webhook_asked_for_becomes_a_message(hooked: Hooked, endpoint: Endpoint) -> None:
    ends, _ = create_webhook(endpoint.url, events=["snapshot.sealed", "crawl.*"])
    off, _ = create_webhook(endpoint.url, events=["*"], enabled=False)
    seal_snapshots([add_urls(["https://example.com/"], user=None).snapshots[0].pk])
    assert fan_out_events() == 4 + 3
    assert sorted(ends.deliveries.values_list("event", flat=True)) == [
        "crawl.queued",
        "crawl.sealed",
        "snapshot.sealed",
    ]
    assert not off.deliveries.exists()
    assert fan_out_events() == 0


def test_what_was_deleted_meanwhile_is_told_all_the_same(hooked: Hooked) -> None:
    snapshot = add_urls(["https://example.com/gone"], user=None).snapshots[0]
    remove_snapshots([snapshot.pk])
    Crawl.objects.all().delete()
    fan_out_events()
    data = _payload(WebhookDelivery.objects.get(event="snapshot.queued"))["data"]
    assert (data["url"], data["tags"]) == ("https://example.com/gone", [])


@pytest.mark.parametrize("number", [1, 450])
def test_a_long_list_of_events_is_worked_off(hooked: Hooked, number: int) -> None:
    add_urls([f"https://example.com/{n}" for n in range(number)], user=None)
    assert fan_out_events() == number + 1


def _payload(delivery: WebhookDelivery) -> dict:  # type: ignore[type-arg]

    return json.loads(delivery.body)  # type: ignore[no-any-return]
