"""Tokens and webhooks in the administration."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from own_settings import own_settings
from pagekeep.archive.models import APIToken, Webhook, WebhookDelivery
from pagekeep.services.add_urls import add_urls
from pagekeep.services.check_token import check_token
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.fan_out_events import fan_out_events
from webhook_endpoint import Endpoint, answer, listening, verify

TOKENS = "/admin/archive/apitoken/"
WEBHOOKS = "/admin/archive/webhook/"


def secret_in(response) -> str:  # type: ignore[no-untyped-def]
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    found = re.search(r'<code id="secret">(.*?)</code>', response.content.decode())
    assert found
    return found[1]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with own_settings(WEBHOOK_ALLOW_PRIVATE="127.0.0.1"), listening() as made:
        yield made


def test_a_token_is_made_and_shown_once(staff: Client, admin: User) -> None:
    form = staff.get(f"{TOKENS}add/").content.decode()
    assert 'value="30" selected' in form
    made = staff.post(f"{TOKENS}add/", {"label": "Phone", "scopes": ["read", "add"], "valid_for": "7"})
    text = secret_in(made)
    token = check_token(text)
    assert token is not None
    assert (token.label, token.scopes, token.created_by) == ("Phone", ["read", "add"], admin)
    assert (token.expires - token.created_at).days == 7  # type: ignore[operator]
    for page in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        assert text not in staff.get(page).content.decode()
    listed = staff.get(TOKENS).content.decode()
    assert "Phone" in listed
    assert "read, add" in listed


def test_a_token_for_everything_and_for_ever(staff: Client) -> None:
    token = check_token(secret_in(staff.post(f"{TOKENS}add/", {"valid_for": "never"})))
    assert token is not None
    assert (token.scopes, token.expires) == (None, None)
    staff.post(TOKENS, {"action": "revoke", "_selected_action": [str(token.pk)]})
    assert "revoked" in staff.get(TOKENS).content.decode()


@pytest.mark.parametrize("sent", [{}, {"valid_for": "0"}, {"valid_for": "7", "scopes": ["all"]}])
def test_bad_choices_make_no_token(staff: Client, sent: dict[str, object]) -> None:
    assert "errornote" in staff.post(f"{TOKENS}add/", sent).content.decode()
    assert not APIToken.objects.exists()


def test_only_superusers_make_tokens(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("helper", is_staff=True))
    for page in (TOKENS, f"{TOKENS}add/", WEBHOOKS, f"{WEBHOOKS}add/"):
        assert client.get(page).status_code == 403
    assert client.post(f"{TOKENS}add/", {"valid_for": "7"}).status_code == 403


def test_a_webhook_is_made_changed_and_removed(staff: Client, admin: User, endpoint: Endpoint) -> None:
    form = staff.get(f"{WEBHOOKS}add/").content.decode()
    assert form.count("checked") == 3 + 1
    sent = {"url": endpoint.url, "label": "Mine", "events": ["snapshot.*"], "enabled": "on"}
    secret = secret_in(staff.post(f"{WEBHOOKS}add/", sent))
    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.label, webhook.events) == (endpoint.url, "Mine", ["snapshot.*"])
    assert (webhook.enabled, webhook.created_by) == (True, admin)
    page = f"{WEBHOOKS}{webhook.pk}/change/"
    assert secret not in staff.get(page).content.decode()

    told = staff.post(WEBHOOKS, {"action": "test", "_selected_action": [str(webhook.pk)]}, follow=True)
    assert "the endpoint answered 204" in told.content.decode()
    assert verify(secret, *endpoint.messages[0])
    endpoint.answers = [answer(500, b"<b>no</b>")]
    told = staff.post(WEBHOOKS, {"action": "test", "_selected_action": [str(webhook.pk)]}, follow=True)
    assert "answered 500: &lt;b&gt;no" in told.content.decode()

    rotated = secret_in(staff.post(WEBHOOKS, {"action": "rotate", "_selected_action": [str(webhook.pk)]}))
    assert rotated.startswith("whsec_")
    assert rotated != secret

    changed = staff.post(page, {"url": endpoint.url, "label": "Yours", "events": ["*"]})
    assert changed.status_code == 302
    webhook.refresh_from_db()
    assert (webhook.label, webhook.events, webhook.enabled) == ("Yours", ["*"], False)
    messages = staff.get(f"/admin/archive/webhookdelivery/?webhook__id__exact={webhook.pk}").content.decode()
    assert messages.count("webhook.test") >= 2
    staff.post(f"{WEBHOOKS}{webhook.pk}/delete/", {"post": "yes"})
    assert not Webhook.objects.exists()


def test_several_webhooks_at_once(staff: Client) -> None:
    hooks = [create_webhook(f"https://example.com/{number}", events=["*"])[0] for number in range(2)]
    add_urls(["https://example.com/"], user=None)
    fan_out_events()
    chosen = [str(webhook.pk) for webhook in hooks]
    told = staff.post(WEBHOOKS, {"action": "rotate", "_selected_action": chosen}, follow=True)
    assert "Choose one" in told.content.decode()
    staff.post(WEBHOOKS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    "sent", [{"url": "http://10.0.0.1/"}, {"url": "nothing"}, {"url": "https://me:secret@example.com/"}, {"events": []}]
)
def test_bad_webhooks_are_explained(staff: Client, sent: dict[str, object]) -> None:
    response = staff.post(f"{WEBHOOKS}add/", {"url": "https://example.com/", "events": ["*"]} | sent)
    assert "errornote" in response.content.decode()
    assert not Webhook.objects.exists()
