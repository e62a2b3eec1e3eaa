"""``pagekeep user``"""

import sys

import click

from pagekeep.archive.accounts import list_users
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import err, json_option, out, print_json
from pagekeep.domain.errors import BadInput
from pagekeep.services.create_admin import create_admin
from pagekeep.services.set_password import set_password


@click.group()
def command() -> None:
    """Who may log in: create users, set passwords, list them."""


@command.command()
@click.argument("username", default="admin")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input; else a random one is made.")
@json_option
def create(username: str, password_stdin: bool, as_json: bool) -> None:
    """Create an administrator (USERNAME, by default admin). The password is shown once."""
    open_archive(create=True)
    made = create_admin(username, _password(password_stdin))
    _tell(made.user.get_username(), made.password, given=password_stdin, as_json=as_json)


@command.command()
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input; else a random one is made.")
@json_option
def password(username: str, password_stdin: bool, as_json: bool) -> None:
    """Give USERNAME another password. It is shown once."""
    open_archive(create=False)
    user, text = set_password(username, _password(password_stdin))
    _tell(user.get_username(), text, given=password_stdin, as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the users."""
    open_archive(create=False)
    for user in list_users():
        role = "administrator" if user.is_superuser else "user"
        if as_json:
            print_json(
                {
                    "type": "user",
                    "username": user.username,
                    "role": role,
                    "is_active": user.is_active,
                    "last_login": user.last_login,
                }
            )
        else:
            last = f"last login {user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "never logged in"
            out.print(f"{user.username}  {role}{'' if user.is_active else ', inactive'}, {last}")


def _password(from_stdin: bool) -> str | None:
    if not from_stdin:
        return None
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise BadInput("No password came on standard input; send it as one line.")
    return text


def _tell(username: str, text: str, *, given: bool, as_json: bool) -> None:
    if as_json:
        print_json({"type": "user", "username": username} | ({} if given else {"password": text}))
    else:
        out.print(f"Username: {username}")
        if not given:
            out.print(f"Password: {text}")
            err.print("Note it down: it is not stored and cannot be shown again.")
