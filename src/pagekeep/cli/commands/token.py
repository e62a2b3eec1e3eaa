"""``pagekeep token``"""

from typing import Any, Literal

import click
from django.utils import timezone

from pagekeep.archive.accounts import find_user, first_admin, list_tokens
from pagekeep.archive.models import APIToken
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import required
from pagekeep.cli.printing import err, how_to, json_option, out, print_json
from pagekeep.cli.records import token_json
from pagekeep.domain.errors import NotFound
from pagekeep.services.issue_token import SCOPES, issue_token
from pagekeep.services.revoke_token import revoke_token


class _Days(click.IntRange):
    """A number of days, or the word never."""

    def __init__(self) -> None:
        super().__init__(1, 36500)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "never" else super().convert(value, param, ctx)


@click.group()
def command() -> None:
    """Keys to the API, sent as the header X-ArchiveBox-API-Key or Authorization: Bearer."""


@command.command()
@click.option("--user", "username", help="Whose token it is; by default the first administrator's.")
@click.option("--label", default="", help="A name to know it by.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Allow only this; may be repeated.")
@click.option(
    "--days",
    type=_Days(),
    metavar="DAYS",
    help="How long it is valid, or never for one that does not expire; by default PAGEKEEP_TOKEN_DAYS.",
)
@json_option
def create(
    username: str | None, label: str, scopes: tuple[str, ...], days: int | Literal["never"] | None, as_json: bool
) -> None:
    """Create a token. It is shown once."""
    open_archive(create=False)
    user = find_user(username) if username else first_admin()
    if user is None:
        raise NotFound(f"There is no user yet; make one with: {how_to('user create admin')}")
    token, text = issue_token(user, label=label, scopes=scopes or None, days=days)
    if as_json:
        print_json(token_json(token) | {"token": text})
    else:
        out.print(text)
        err.print(f"Token of {user.get_username()}, {_validity(token)}. It cannot be shown again.")


def _validity(token: APIToken) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires is None:
        return "valid for ever"
    return f"{'valid until' if token.is_valid(timezone.now()) else 'expired on'} {token.expires:%Y-%m-%d}"


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the tokens, newest first, those revoked or expired too."""
    open_archive(create=False)
    for token in list_tokens():
        if as_json:
            print_json(token_json(token))
            continue
        may = "everything" if token.scopes is None else ", ".join(token.scopes)
        used = f"last used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
        facts = f"{_validity(token)}, may {may}, {used}"
        out.print(f"{token.pk} {token} {token.created_by.get_username()} {facts} {token.label}".rstrip())


@command.command()
@click.argument("references", nargs=-1, metavar="[REF]...")
@json_option
def revoke(references: tuple[str, ...], as_json: bool) -> None:
    """Make tokens invalid for good. REF is a token's id, the beginning of it, or its first 6 characters; without any,
    and for -, they are read from standard input."""
    wanted = required(references, {"token": "id"})
    open_archive(create=False)
    for reference in wanted:
        token = revoke_token(reference)
        if as_json:
            print_json(token_json(token))
        else:
            out.print(f"Revoked {token} of {token.created_by.get_username()}.")
