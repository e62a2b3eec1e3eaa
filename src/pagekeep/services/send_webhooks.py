"""Send messages to webhooks: signed, tried again with growing pauses, given up after a day.

An endpoint may get a message twice (a worker may die between sending it and noting it), never silently none.
"""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock, Thread
from uuid import UUID

from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone

from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.archive.webhooks import webhooks_to_serve
from pagekeep.capture.network.post import Answer, post
from pagekeep.domain.errors import CaptureError
from pagekeep.domain.urls import shorten
from pagekeep.domain.webhooks import DeliveryStatus, signature
from pagekeep.services.change_webhook import cancel_deliveries
from pagekeep.services.webhook_address import webhook_policy
from pagekeep.services.webhook_secret import keys_in_force

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]

SECONDS = 10.0
"""Time an endpoint has to answer."""
CLAIM = timedelta(seconds=60)
"""How long a message that is being sent is left alone by other workers."""
FIRST_PAUSE, FACTOR, LONGEST_PAUSE = timedelta(seconds=5), 3, timedelta(hours=4)
GIVEN_UP_AFTER = timedelta(days=1)
HELD_FROM = 3
"""From so many failures in a row on, one message at a time finds out whether the endpoint is back."""
LONGEST_HOLD = timedelta(hours=1)
IN_A_ROUND = 100
"""Messages sent to one endpoint before another has its turn."""
SENDERS = 8
"""Endpoints a worker sends to at the same time."""
KEPT = timedelta(days=7)
"""How long what was sent or given up can be looked at."""
TEXT = 300

_GONE = "The endpoint answered 410: it wants no more messages. The webhook was disabled."
_sending: set[UUID] = set()
_lock = Lock()


def send_webhooks() -> None:
    """Begin to send what is due, each endpoint in a thread of its own, so that none waits for a slow one."""
    for webhook_id in list(webhooks_to_serve(timezone.now()).values_list("pk", flat=True)[: 2 * SENDERS]):
        with _lock:
            if webhook_id in _sending or len(_sending) >= SENDERS:
                continue
            _sending.add(webhook_id)
        Thread(target=_send_in_thread, args=(webhook_id,), daemon=True).start()


def send_due(webhook_id: UUID, clock: Clock = timezone.now) -> int:
    """Send what is due to one webhook, oldest first, until it fails often; return how many messages were tried."""
    tried = 0
    for _ in range(IN_A_ROUND):
        webhook = webhooks_to_serve(clock()).filter(pk=webhook_id).first()
        delivery = _claim(webhook_id, clock()) if webhook else None
        if webhook is None or delivery is None:
            break
        answer, error = attempt(webhook, delivery, clock)
        tried += 1
        if not _record(webhook, delivery, answer, error, clock()):
            break
    return tried


def attempt(webhook: Webhook, delivery: WebhookDelivery, clock: Clock = timezone.now) -> tuple[Answer | None, str]:
    """Send one message now and return what came back, None if nothing did, and what is wrong with it, if anything."""
    moment, body = clock(), delivery.body.encode()
    timestamp, message_id = int(moment.timestamp()), str(delivery.pk)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Pagekeep",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(key, message_id, timestamp, body) for key in keys_in_force(webhook, moment)
        ),
    }
    try:
        answer = post(webhook.url, body, headers, webhook_policy(), seconds=SECONDS)
    except CaptureError as error:
        return None, str(error)
    return answer, _complaint(answer)


def give_up_old(clock: Clock = timezone.now) -> int:
    """Give up what has waited for a day at an endpoint that does not answer; return how many messages that were."""
    now = clock()
    old = WebhookDelivery.objects.filter(
        status=DeliveryStatus.PENDING,
        created_at__lte=now - GIVEN_UP_AFTER,
        webhook__in=Webhook.objects.filter(failures__gt=0),
    )
    if not old.exists():
        return 0
    error = "Given up: the endpoint took no message for a day."
    return old.update(status=DeliveryStatus.FAILED, next_attempt_at=None, ended_at=now, last_error=error)


def prune_deliveries(clock: Clock = timezone.now) -> int:
    """Forget what was sent or given up more than a week ago; return how many messages that were."""
    ended = WebhookDelivery.objects.filter(ended_at__lt=clock() - KEPT)
    pruned = 0
    while oldest := list(ended.order_by("ended_at").values_list("pk", flat=True)[:500]):
        pruned += WebhookDelivery.objects.filter(pk__in=oldest).delete()[0]
    return pruned


def pause_after(failures: int, longest: timedelta = LONGEST_PAUSE, *, chance: float | None = None) -> timedelta:
    """Return how long to wait after the n-th failure: 5 s, three times as long after each further one, ± 20 %.

    Args:
        chance: from 0 to 1, where in these ± 20 %; None draws it.
    """
    pause: timedelta = min(longest, FIRST_PAUSE * FACTOR ** min(failures - 1, 12))
    return pause * (0.8 + 0.4 * (random.random() if chance is None else chance))  # noqa: S311 (no secret)


def _send_in_thread(webhook_id: UUID) -> None:
    try:
        send_due(webhook_id)
    except Exception:
        log.exception("Sending to the webhook %s failed; it is tried again", webhook_id)
    finally:
        connections.close_all()
        with _lock:
            _sending.discard(webhook_id)


def _claim(webhook_id: UUID, now: datetime) -> WebhookDelivery | None:
    """Take the message that has been due longest; whoever changes its time first has it."""
    due = WebhookDelivery.objects.filter(webhook=webhook_id, status=DeliveryStatus.PENDING, next_attempt_at__lte=now)
    for delivery in due.order_by("next_attempt_at", "id")[:10]:
        mine = due.filter(pk=delivery.pk, next_attempt_at=delivery.next_attempt_at)
        if mine.update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1):
            delivery.attempts += 1
            return delivery
    return None


def _complaint(answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        where = f" to {shorten(answer.location)}" if answer.location else ""
        return f"The endpoint answered {answer.status}, a redirect{where}; none is followed: give the final address."
    if answer.status == 410:
        return _GONE
    said = " ".join(answer.text.split())
    return f"The endpoint answered {answer.status}{f': {shorten(said, TEXT)}' if said else '.'}"


def _record(webhook: Webhook, delivery: WebhookDelivery, answer: Answer | None, error: str, now: datetime) -> bool:
    """Note the outcome; return whether to go on sending to this webhook at once."""
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING, attempts=delivery.attempts)
    hooks = Webhook.objects.filter(pk=webhook.pk)
    outcome = {"response_status": answer.status if answer else None, "last_error": error}
    ended = {"next_attempt_at": None, "ended_at": now}
    with transaction.atomic():
        if not error:
            mine.update(**outcome, **ended, status=DeliveryStatus.DELIVERED)
            hooks.update(failures=0, held_until=None, last_error="", last_success_at=now)
            return True
        if answer and answer.status == 410:
            mine.update(**outcome, **ended, status=DeliveryStatus.FAILED)
            hooks.update(enabled=False, last_error=error, modified_at=now)
            cancel_deliveries(webhook.pk, error)
            return False
        failures = webhook.failures + 1
        held = now + pause_after(failures, LONGEST_HOLD) if failures >= HELD_FROM else None
        hooks.update(failures=failures, held_until=held, last_error=error)
        if now - delivery.created_at >= GIVEN_UP_AFTER:
            mine.update(**outcome, **ended, status=DeliveryStatus.FAILED)
        else:
            mine.update(**outcome, next_attempt_at=now + pause_after(delivery.attempts))
        return held is None
