from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from own_settings import own_settings
from pagekeep.archive.models import Webhook
from pagekeep.services.add_urls import add_urls
from pagekeep.services.fan_out_events import fan_out_events
from pagekeep.services.issue_token import issue_token
from webhook_endpoint import Endpoint, answer, listening, verify

LIST = "/api/v1/webhooks/webhooks"
pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with own_settings(WEBHOOK_ALLOW_PRIVATE="127.0.0.1"), listening() as made:
        yield made


def create(api: Client, **fields: Any) -> dict[str, Any]:
    response = api.post(LIST, {"url": "https://example.com/hook", **fields}, content_type="application/json")
    assert response.status_code == 200, response.content
    content: dict[str, Any] = response.json()
    return content


def one(webhook: dict[str, Any], rest: str = "") -> str:
    return f"/api/v1/webhooks/webhook/{webhook['id']}{rest}"


def test_the_secret_is_shown_once(api: Client, keeper: User) -> None:
    made = create(api, label=" Reading  list ", events=["crawl.sealed", "snapshot.*", "crawl.sealed"])
    assert made["secret"].startswith("whsec_")
    assert (made["label"], made["events"]) == ("Reading list", ["snapshot.*", "crawl.sealed"])
    assert (made["created_by_username"], made["enabled"], made["failures"]) == ("keeper", True, 0)
    del made["secret"]
    assert api.get(one(made)).json() == made
    assert api.get(LIST).json()["items"] == [made]
    rotated = api.post(one(made, "/rotate")).json()
    assert rotated["secret"].startswith("whsec_")
    assert "secret" not in api.patch(one(made), {"label": "x"}, content_type="application/json").json()
    assert not any("whsec" in str(row) for row in Webhook.objects.values())


def test_events_that_are_sent_by_default(api: Client) -> None:
    assert create(api)["events"] == ["snapshot.succeeded", "snapshot.failed", "crawl.sealed"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "url"),
        ({"url": "example.com"}, "scheme"),
        ({"url": "https://example.com/", "events": []}, "event"),
        ({"url": "https://example.com/", "events": ["snapshot.done"]}, "snapshot.succeeded"),
        ({"url": "https://example.com/", "label": "x" * 256}, "255"),
        ({"url": "http://[::1]/"}, "PAGEKEEP_WEBHOOK_ALLOW_PRIVATE"),
    ],
)
def test_bad_webhooks_are_explained(api: Client, body: dict[str, Any], word: str) -> None:
    response = api.post(LIST, body, content_type="application/json")
    assert response.status_code == 400
    assert word in " ".join(response.json()["errors"])
    made = create(api)
    if body.get("url"):
        assert api.patch(one(made), body, content_type="application/json").status_code == 400


def test_changing_and_deleting(api: Client) -> None:
    made = create(api)
    changed = api.patch(one(made), {"url": "https://example.org/", "enabled": False}, content_type="application/json")
    assert (changed.json()["url"], changed.json()["enabled"]) == ("https://example.org/", False)
    assert api.delete(one(made)).json() == {"success": True, "webhook_id": made["id"]}
    assert api.get(one(made)).status_code == 404
    assert api.get(LIST).json()["items"] == []


@pytest.mark.parametrize("scopes", [["read"], ["add"], ["read", "add"]])
def test_only_the_scope_admin_sees_and_changes_them(
    api: Client, keeper: User, stranger: Client, scopes: list[str]
) -> None:
    made = create(api)
    headers = {"X-ArchiveBox-API-Key": issue_token(keeper, scopes=scopes)[1]}
    for method, path in (
        ("GET", LIST),
        ("POST", LIST),
        ("GET", one(made)),
        ("DELETE", one(made)),
        ("GET", one(made, "/deliveries")),
        ("POST", one(made, "/test")),
        ("POST", one(made, "/rotate")),
    ):
        assert stranger.generic(method, path, headers=headers).status_code == 403


def test_a_test_message_is_really_sent(api: Client, endpoint: Endpoint) -> None:
    made = create(api, url=endpoint.url, enabled=False)
    told = api.post(one(made, "/test")).json()
    assert (told["status"], told["response_status"], told["event"]) == ("delivered", 204, "webhook.test")
    (headers, body), (payload,) = endpoint.messages[0], endpoint.payloads()
    assert verify(made["secret"], headers, body)
    assert told["id"] == headers["webhook-id"]
    assert told["payload"] == payload
    endpoint.answers = [answer(401, b"who are you?")]
    told = api.post(one(made, "/test")).json()
    assert (told["status"], told["response_status"]) == ("failed", 401)
    assert told["last_error"] == "The endpoint answered 401: who are you?"
    assert api.get(one(made)).json()["failures"] == 0


def test_deliveries_are_paged_and_filtered(api: Client, endpoint: Endpoint) -> None:
    made = create(api, url=endpoint.url, events=["snapshot.queued"])
    other = create(api)
    add_urls([f"https://example.com/{number}" for number in range(3)], user=None)
    fan_out_events()
    api.post(one(made, "/test"))
    path = one(made, "/deliveries")
    page = api.get(path, {"limit": 2}).json()
    assert (page["total_items"], page["num_items"], page["items"][0]["event"]) == (4, 2, "webhook.test")
    assert api.get(path, {"status": "pending"}).json()["count"] == 3
    assert api.get(path, {"status": "bogus"}).status_code == 400
    assert api.get(one(other, "/deliveries")).json()["count"] == 0


def test_lists_take_a_constant_number_of_statements(api: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        create(api)
    with django_assert_max_num_queries(3):  # the token, the total, the rows
        assert api.get(LIST).json()["count"] == 3
