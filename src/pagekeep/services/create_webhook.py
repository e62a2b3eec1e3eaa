"""Have an endpoint told when snapshots and crawls change their state."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.utils import timezone

from pagekeep.archive.models import Webhook
from pagekeep.capture.network.addresses import parse_address
from pagekeep.domain.errors import AddressRefused, BadInput, Conflict
from pagekeep.domain.urls import credentials_of, parse_url, without_credentials
from pagekeep.domain.webhooks import DEFAULT_EVENTS, check_events, secret_text
from pagekeep.services.webhook_address import webhook_policy
from pagekeep.services.webhook_secret import key_of, new_salt

MAX_WEBHOOKS = 100
MAX_LABEL = 255


def create_webhook(
    url: str,
    *,
    user: User | None = None,
    label: str = "",
    events: Sequence[str] | None = None,
    enabled: bool = True,
) -> tuple[Webhook, str]:
    """Return a new webhook and the secret that its messages are signed with, which is not shown again.

    Args:
        events: names as in `domain.webhooks`; None for the ends of snapshots and crawls.

    Raises:
        BadInput: URL, label or an event cannot be used.
        Conflict: there are 100 already.
    """
    if Webhook.objects.count() >= MAX_WEBHOOKS:
        raise Conflict(f"There are {MAX_WEBHOOKS} webhooks already; remove one first.")
    webhook = Webhook.objects.create(
        created_at=timezone.now(),
        created_by=user,
        url=check_endpoint(url),
        label=check_label(label),
        events=check_events(DEFAULT_EVENTS if events is None else events),
        enabled=enabled,
        salt=new_salt(),
    )
    return webhook, secret_text(key_of(webhook.salt))


def check_endpoint(url: str) -> str:
    """Return the URL of an endpoint, checked as far as it can be without asking the network.

    Raises:
        BadInput: it is no http(s) URL, holds a user name and password, or names an address that is never connected to.
    """
    checked = parse_url(url)
    if credentials_of(checked):
        raise BadInput(
            f"{without_credentials(checked)!r} came with a user name or password; leave them out: messages are signed."
        )
    parts = urlsplit(checked)
    address = parse_address(parts.hostname or "")
    if address is not None:
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
        try:
            webhook_policy().check(parts.hostname or "", port, address)
        except AddressRefused as error:
            raise BadInput(str(error)) from error
    return checked


def check_label(label: str) -> str:
    """Return a label as one line.

    Raises:
        BadInput: it is longer than 255 characters.
    """
    line = " ".join(label.split())
    if len(line) > MAX_LABEL:
        raise BadInput(f"The label is {len(line)} characters long; at most {MAX_LABEL} are accepted.")
    return line
