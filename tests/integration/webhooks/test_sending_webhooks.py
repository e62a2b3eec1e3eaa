"""Messages reach real endpoints, good ones and bad ones, signed and in time."""

import time
from http.server import BaseHTTPRequestHandler

import pytest

from own_settings import own_settings
from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.domain.errors import BadInput, Conflict
from pagekeep.domain.webhooks import DeliveryStatus
from pagekeep.services import create_webhook as creating
from pagekeep.services import send_webhooks as sending
from pagekeep.services.add_urls import add_urls
from pagekeep.services.change_webhook import change_webhook, remove_webhook, rotate_secret
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.fan_out_events import fan_out_events
from pagekeep.services.listeners import listening as own_listener
from pagekeep.services.send_webhooks import give_up_old, prune_deliveries, send_due
from webhook_endpoint import Endpoint, answer, listening, verify

pytestmark = pytest.mark.django_db
Hooked = tuple[Webhook, str]


def cause(number: int = 1) -> None:
    """Make so many messages for a webhook that wants all about snapshots, besides one about the crawl."""
    add_urls([f"https://example.com/{n}" for n in range(number)], user=None)
    fan_out_events()


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


@pytest.fixture
def one(endpoint: Endpoint, db: None) -> Webhook:
    """A webhook with exactly one message to send."""
    webhook, _ = create_webhook(endpoint.url, events=["snapshot.*"])
    cause()
    return webhook


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)


def test_a_message_is_signed_and_taken_once(hooked: Hooked, endpoint: Endpoint, clock) -> None:
    webhook, secret = hooked
    cause()
    clock.move(seconds=5)
    assert send_due(webhook.pk, clock) == 2
    assert send_due(webhook.pk, clock) == 0
    for (headers, body), payload in zip(endpoint.messages, endpoint.payloads(), strict=True):
        assert headers["content-type"] == "application/json"
        assert headers["webhook-timestamp"] == str(int(clock.now.timestamp()))
        assert verify(secret, headers, body)
        assert not verify(secret, headers, body + b" ")
        assert payload["data"]["status"] == "queued"
    ids = {headers["webhook-id"] for headers, _ in endpoint.messages}
    assert ids == {str(pk) for pk in WebhookDelivery.objects.values_list("pk", flat=True)}
    ended = WebhookDelivery.objects.values_list("status", "attempts", "response_status", "last_error")
    assert set(ended) == {(DeliveryStatus.DELIVERED, 1, 204, "")}


def test_a_failure_is_tried_again_later_with_the_same_id(one: Webhook, endpoint: Endpoint, clock) -> None:
    endpoint.answers = [answer(500, b"out of\n order"), answer(200)]
    clock.move(seconds=1)
    assert send_due(one.pk, clock) == 1
    delivery = only()
    assert (delivery.status, delivery.response_status) == ("pending", 500)
    assert delivery.last_error == "The endpoint answered 500: out of order"
    assert 4 <= (delivery.next_attempt_at - clock.now).total_seconds() <= 6
    assert send_due(one.pk, clock) == 0
    clock.move(seconds=6)
    assert send_due(one.pk, clock) == 1
    delivery = only()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("delivered", 2, "")
    assert len({headers["webhook-id"] for headers, _ in endpoint.messages}) == 1
    one.refresh_from_db()
    assert (one.failures, one.last_error) == (0, "")
    assert one.last_success_at == clock.now


def test_pauses_grow_and_a_day_is_the_end(one: Webhook, endpoint: Endpoint, clock) -> None:
    endpoint.answers = [answer(503)]
    clock.move(seconds=1)
    began, pauses = clock.now, []
    while only().status == DeliveryStatus.PENDING:
        assert send_due(one.pk, clock) == 1
        one.refresh_from_db()
        due = max(t for t in (only().next_attempt_at, one.held_until, clock.now) if t)
        pauses.append((due - clock.now).total_seconds())
        clock.now = due
    assert pauses[0] < pauses[1] < pauses[2] < pauses[3] < pauses[4]
    assert max(pauses) <= 4 * 3600 * 1.2
    assert 24 <= (clock.now - began).total_seconds() / 3600 <= 30
    assert len(endpoint.messages) == only().attempts <= 20
    assert (only().status, only().last_error) == ("failed", "The endpoint answered 503.")
    one.refresh_from_db()
    assert one.failures == only().attempts


def test_pauses_are_spread() -> None:
    assert sending.pause_after(1, chance=0).total_seconds() == 4
    assert sending.pause_after(1, chance=1).total_seconds() == 6
    assert sending.pause_after(3, chance=0.5).total_seconds() == 45
    assert sending.pause_after(10_000, chance=0.5) == sending.LONGEST_PAUSE


def test_a_dead_endpoint_gets_one_message_at_a_time_and_loses_none(endpoint: Endpoint, db: None, clock) -> None:
    webhook, _ = create_webhook(endpoint.url, events=["snapshot.*"])
    cause(20)
    clock.move(seconds=1)
    endpoint.answers = [answer(502)]
    assert send_due(webhook.pk, clock) == sending.HELD_FROM
    assert send_due(webhook.pk, clock) == 0
    webhook.refresh_from_db()
    clock.now = webhook.held_until
    assert send_due(webhook.pk, clock) == 1
    webhook.refresh_from_db()
    clock.now = webhook.held_until
    endpoint.answers = [answer(200)]
    tried = send_due(webhook.pk, clock)
    clock.move(hours=5)
    assert tried + send_due(webhook.pk, clock) == 20
    assert webhook.deliveries.filter(status="delivered").count() == 20


@pytest.mark.usefixtures("quick")
def test_an_endpoint_that_hangs_is_left_in_time(one: Webhook, endpoint: Endpoint, clock) -> None:
    endpoint.answers = [lambda handler: endpoint.ended.wait(30)]
    _left_in_time(one, clock)


@pytest.mark.usefixtures("quick")
def test_an_endpoint_that_drips_is_left_in_time(one: Webhook, endpoint: Endpoint, clock) -> None:
    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not endpoint.ended.wait(0.05):
            handler.wfile.write(b"x")

    endpoint.answers = [dripping]
    _left_in_time(one, clock)


def _left_in_time(webhook: Webhook, clock) -> None:
    clock.move(seconds=1)
    began = time.monotonic()
    send_due(webhook.pk, clock)
    assert time.monotonic() - began < 5
    assert only().last_error.endswith("did not answer within 0.5 seconds.")
    assert only().response_status is None


@pytest.mark.parametrize("status", [200, 500])
def test_endless_bytes_are_not_read(one: Webhook, endpoint: Endpoint, clock, status: int) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()
        while not endpoint.ended.is_set():
            handler.wfile.write(b"x" * 65536)

    endpoint.answers = [endless]
    clock.move(seconds=1)
    began = time.monotonic()
    send_due(one.pk, clock)
    assert time.monotonic() - began < 5
    assert only().response_status == status
    assert len(only().last_error) < 500


def test_redirects_are_not_followed(one: Webhook, endpoint: Endpoint, clock) -> None:
    with listening() as other:
        endpoint.answers = [answer(307, Location=other.url)]
        clock.move(seconds=1)
        send_due(one.pk, clock)
        assert not other.messages
    assert only().status == "pending"
    assert "redirect" in only().last_error
    assert other.url in only().last_error


@pytest.mark.parametrize("garbage", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"])
def test_what_is_no_web_server_is_a_failure(one: Webhook, endpoint: Endpoint, clock, garbage: bytes) -> None:
    endpoint.answers = [lambda handler: handler.wfile.write(garbage)]
    clock.move(seconds=1)
    send_due(one.pk, clock)
    assert only().status == "pending"
    assert "did not answer as a web server does" in only().last_error


def test_gone_switches_the_webhook_off(hooked: Hooked, endpoint: Endpoint, clock) -> None:
    cause(5)
    endpoint.answers = [answer(410)]
    clock.move(seconds=1)
    assert send_due(hooked[0].pk, clock) == 1
    webhook = Webhook.objects.get()
    assert not webhook.enabled
    assert "410" in webhook.last_error
    assert set(webhook.deliveries.values_list("status", flat=True)) == {"failed", "cancelled"}


def test_disabling_drops_what_waits_and_enabling_begins_anew(hooked: Hooked, endpoint: Endpoint, clock) -> None:
    webhook, _ = hooked
    cause()
    endpoint.answers = [answer(500)]
    clock.move(seconds=1)
    send_due(webhook.pk, clock)
    change_webhook(webhook.pk, enabled=False)
    assert set(webhook.deliveries.values_list("status", flat=True)) == {"cancelled"}
    change_webhook(webhook.pk, enabled=True)
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.failures, webhook.held_until) == (True, 0, None)


def test_private_addresses_need_a_setting_and_pagekeep_itself_is_never_told(
    one: Webhook, endpoint: Endpoint, clock
) -> None:
    clock.move(seconds=1)
    with own_settings(WEBHOOK_ALLOW_PRIVATE=""):
        send_due(one.pk, clock)
        assert "PAGEKEEP_WEBHOOK_ALLOW_PRIVATE" in only().last_error
        with pytest.raises(BadInput, match="PAGEKEEP_WEBHOOK_ALLOW_PRIVATE"):
            create_webhook("http://0x7f.1/")
        create_webhook(f"http://localhost:{endpoint.url.rsplit(':')[-1].partition('/')[0]}/")  # judged when resolved
    with own_settings(WEBHOOK_ALLOW_PRIVATE="", ALLOW_PRIVATE="127.0.0.1"):  # what may be archived may not be told
        clock.move(seconds=10)
        send_due(one.pk, clock)
        assert "PAGEKEEP_WEBHOOK_ALLOW_PRIVATE" in only().last_error
    port = int(endpoint.url.split(":")[2].partition("/")[0])
    with own_listener("127.0.0.1", port):
        clock.move(minutes=10)
        send_due(one.pk, clock)
        assert "own address" in only().last_error
    assert not endpoint.messages


def test_a_name_is_judged_by_what_it_leads_to(endpoint: Endpoint, db: None, clock) -> None:
    webhook, _ = create_webhook(endpoint.url.replace("127.0.0.1", "localhost"), events=["snapshot.*"])
    cause()
    clock.move(seconds=1)
    send_due(webhook.pk, clock)
    assert only().status == "delivered"  # 127.0.0.1 is allowed here, whatever ::1 is
    assert endpoint.messages[0][0]["host"].startswith("localhost:")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://example.com/", "scheme"),
        ("https://me:secret@example.com/", "password"),
        ("http://10.0.0.1/", "PAGEKEEP_WEBHOOK_ALLOW_PRIVATE"),
        ("http://169.254.169.254/latest", "metadata"),
        ("", "empty"),
    ],
)
def test_urls_that_are_refused(db: None, url: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as refusal:
        create_webhook(url)
    assert "secret" not in str(refusal.value)


def test_there_is_an_end_to_the_number_of_webhooks(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "MAX_WEBHOOKS", 1)
    with pytest.raises(Conflict):
        create_webhook("https://example.com/")


def test_both_secrets_sign_for_a_day(one: Webhook, endpoint: Endpoint, clock) -> None:
    former = creating.secret_text(creating.key_of(one.salt))
    present = rotate_secret(one.pk)
    assert present != former
    clock.move(seconds=1)
    send_due(one.pk, clock)
    assert verify(former, *endpoint.messages[0])
    assert verify(present, *endpoint.messages[0])
    cause()
    clock.move(days=1, seconds=1)
    send_due(one.pk, clock)
    assert verify(present, *endpoint.messages[1])
    assert not verify(former, *endpoint.messages[1])


def test_no_two_workers_send_the_same_message_at_once(one: Webhook, endpoint: Endpoint, clock) -> None:
    clock.move(seconds=1)
    first = sending._claim(one.pk, clock())
    assert first is not None
    assert sending._claim(one.pk, clock()) is None  # another worker
    clock.move(seconds=61)  # the first one has died
    second = sending._claim(one.pk, clock())
    assert second is not None
    assert second.pk == first.pk
    answered, error = sending.attempt(one, second, clock)
    sending._record(one, first, None, "Too late.", clock())  # the first one was only slow: its outcome counts no more
    assert only().attempts == 2
    sending._record(one, second, answered, error, clock())
    assert (only().status, only().attempts) == ("delivered", 2)


def test_what_waits_for_a_dead_endpoint_is_given_up_after_a_day(one: Webhook, endpoint: Endpoint, clock) -> None:
    clock.move(hours=25)
    assert give_up_old(clock) == 0  # nobody has tried yet
    Webhook.objects.update(failures=5)
    assert give_up_old(clock) == 1
    assert only().status == "failed"
    assert only().last_error


def test_old_messages_are_forgotten(one: Webhook, clock) -> None:
    clock.move(seconds=1)
    send_due(one.pk, clock)
    clock.move(days=6)
    assert prune_deliveries(clock) == 0
    clock.move(days=2)
    cause()
    assert prune_deliveries(clock) == 1
    assert only().status == "pending"


def test_removing_takes_all_along(hooked: Hooked) -> None:
    cause()
    assert remove_webhook(hooked[0].pk)
    assert not WebhookDelivery.objects.exists()
    assert not remove_webhook(hooked[0].pk)
