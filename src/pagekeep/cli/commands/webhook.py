"""``pagekeep webhook``"""

import click

from pagekeep.archive.models import Webhook
from pagekeep.archive.webhooks import find_webhook, list_webhooks
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import required
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.webhooks import DEFAULT_EVENTS, PATTERNS, DeliveryStatus
from pagekeep.services.change_webhook import change_webhook, remove_webhook, rotate_secret
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.try_webhook import try_webhook

references = click.argument("references", nargs=-1, metavar="[REF]...")


@click.group()
def command() -> None:
    """Endpoints that are told when snapshots and crawls change their state, with signed messages.

    REF is a webhook's id or the beginning of it; without any, and for -, they are read from standard input.
    """


@command.command()
@click.argument("url")
@click.option("--label", default="", help="A name to know it by.")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(PATTERNS),
    metavar="EVENT",
    help=f"Tell this; may be repeated. By default {', '.join(DEFAULT_EVENTS)}.",
)
@json_option
def create(url: str, label: str, events: tuple[str, ...], as_json: bool) -> None:
    """Have the endpoint at URL told of changes. Its secret is shown once.

    EVENT is snapshot.STATE, crawl.STATE, snapshot.*, crawl.* or *, like snapshot.succeeded or crawl.sealed.
    """
    open_archive(create=False)
    webhook, secret = create_webhook(url, label=label, events=events or None)
    _show_secret(webhook, secret, as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the webhooks, newest first, with what went wrong last."""
    open_archive(create=False)
    for webhook in list_webhooks():
        if as_json:
            print_json(_json(webhook))
            continue
        state = "enabled" if webhook.enabled else "disabled"
        failures = f", failing {webhook.failures} times: {webhook.last_error}" if webhook.failures else ""
        line = f"{webhook.pk} {webhook.url} {' '.join(webhook.events)} {state}{failures} {webhook.label}"
        out.print(line.rstrip())


@command.command()
@click.argument("reference")
@json_option
def test(reference: str, as_json: bool) -> None:
    """Send one message now and tell what came back. REFERENCE is the webhook's id or the beginning of it."""
    open_archive(create=False)
    delivery = try_webhook(find_webhook(reference))
    if as_json:
        fields = ("event", "status", "response_status", "last_error")
        print_json({"type": "delivery", "id": str(delivery.pk)} | {name: getattr(delivery, name) for name in fields})
    if delivery.status != DeliveryStatus.DELIVERED:
        raise PagekeepError(delivery.last_error)
    if not as_json:
        out.print(f"The endpoint answered {delivery.response_status}.")


@command.command()
@references
@json_option
def enable(references: tuple[str, ...], as_json: bool) -> None:
    """Switch webhooks on."""
    _switch(references, on=True, as_json=as_json)


@command.command()
@references
@json_option
def disable(references: tuple[str, ...], as_json: bool) -> None:
    """Switch webhooks off and drop what waits."""
    _switch(references, on=False, as_json=as_json)


@command.command()
@click.argument("reference")
@json_option
def rotate(reference: str, as_json: bool) -> None:
    """Give a webhook another secret; the former one signs too for a day. REFERENCE is its id or the beginning of it."""
    open_archive(create=False)
    webhook = find_webhook(reference)
    _show_secret(webhook, rotate_secret(webhook.pk), as_json=as_json)


@command.command()
@references
@json_option
def remove(references: tuple[str, ...], as_json: bool) -> None:
    """Remove webhooks."""
    for webhook in _named(references):
        remove_webhook(webhook.pk)
        if as_json:
            print_json(_json(webhook))
        else:
            out.print(f"Removed the webhook to {webhook.url}.")


def _named(references: tuple[str, ...]) -> list[Webhook]:
    wanted = required(references, {"webhook": "id"})
    open_archive(create=False)
    return [find_webhook(reference) for reference in wanted]


def _switch(references: tuple[str, ...], *, on: bool, as_json: bool) -> None:
    for webhook in _named(references):
        change_webhook(webhook.pk, enabled=on)
        if as_json:
            print_json(_json(find_webhook(str(webhook.pk))))
        else:
            out.print(f"The webhook to {webhook.url} is {'enabled' if on else 'disabled'}.")


def _show_secret(webhook: Webhook, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(webhook) | {"secret": secret})
    else:
        out.print(secret)
        err.print(f"Secret of the webhook {webhook.pk} to {webhook.url}. It cannot be shown again.")


def _json(webhook: Webhook) -> dict[str, object]:
    fields = ("url", "label", "events", "enabled", "failures", "last_error", "created_at", "last_success_at")
    return {"type": "webhook", "id": str(webhook.pk)} | {name: getattr(webhook, name) for name in fields}
