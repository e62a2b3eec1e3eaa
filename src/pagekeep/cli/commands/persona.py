"""``pagekeep persona``"""

from pathlib import Path
from typing import Any

import click
import orjson

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.models import Persona
from pagekeep.archive.persona_queries import find_persona, list_personas
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, json_option, out, print_json
from pagekeep.domain.errors import BadInput
from pagekeep.domain.persona_names import DEFAULT
from pagekeep.services.change_persona import change_persona
from pagekeep.services.load_identity import load_identity
from pagekeep.services.make_persona import make_persona
from pagekeep.services.persona_parts import persona_parts
from pagekeep.services.remove_persona import remove_persona

_OPTIONS = {
    "--user-agent": "What the browser calls itself.",
    "--viewport": "Size of the window in CSS pixels, like 1440x900.",
    "--scale": "Pixels of the screen for each CSS pixel, like 2.",
    "--language": "Languages the reader prefers, like de-DE or de-DE,en.",
    "--timezone": "Time zone, like Europe/Berlin.",
    "--geolocation": "Where the browser is: degrees north, degrees east and metres of accuracy, like 52.5,13.4,50.",
    "--color-scheme": "light or dark.",
}
_SETTINGS = {"viewport": "viewport_size", "scale": "viewport_device_scale_factor"}


def _settings_options(command: Any) -> Any:
    for option, text in reversed(_OPTIONS.items()):
        command = click.option(option, help=f"{text} Empty for the usual.")(command)
    return command


@click.group()
def command() -> None:
    """Who the browser is to the sites it visits: languages, window, place, cookies. Crawls are made with a persona."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the personas, newest first."""
    open_archive(create=False)
    for persona in list_personas():
        _tell(persona, as_json=as_json)


@command.command()
@click.argument("persona", default=DEFAULT)
@json_option
def show(persona: str, as_json: bool) -> None:
    """Show what PERSONA (a name or id) is set to, and of which hosts it has cookies or storage; never their values."""
    open_archive(create=False)
    found = find_persona(persona)
    identity = load_identity(found.name)
    hosts = sorted({cookie.domain for cookie in identity.cookies})
    origins = sorted(one.origin for one in identity.storage)
    if as_json:
        _tell(found, as_json=True, cookies=len(identity.cookies), cookie_hosts=hosts, storage_origins=origins)
        return
    _tell(found, as_json=False)
    for name, value in found.config.items():
        out.print(f"  {name}: {value}")
    out.print(f"  {count_text(len(identity.cookies), 'cookie')}" + (f" of {', '.join(hosts)}" if hosts else ""))
    if origins:
        out.print(f"  storage of {', '.join(origins)}")


@command.command()
@click.argument("name")
@_settings_options
@json_option
def create(name: str, as_json: bool, **options: str | None) -> None:
    """Make a persona called NAME."""
    settings = _given(options)
    open_archive(create=True)
    _tell(make_persona(name, persona_parts(settings), user=first_admin()), as_json=as_json)


@command.command("set")
@click.argument("persona")
@click.option("--name", help="Give it another name; its crawls go by that, too.")
@_settings_options
@json_option
def set_(persona: str, name: str | None, as_json: bool, **options: str | None) -> None:
    """Change settings of PERSONA; those not named stay as they are."""
    settings = _given(options)
    open_archive(create=False)
    found = find_persona(persona)
    _tell(change_persona(found.pk, persona_parts(found.config | settings), name=name), as_json=as_json)


@command.command()
@click.argument("persona")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(persona: str, yes: bool) -> None:
    """Remove PERSONA with its cookies. Pages that wait to be archived with it will fail and say so."""
    open_archive(create=False)
    found = find_persona(persona)
    if not yes:
        click.confirm(f"Remove the persona {found.name!r} and its cookies?", abort=True, err=True)
    out.print(f"Removed {remove_persona(found.pk)}.")


@command.group()
def cookies() -> None:
    """The cookies a persona brings along."""


@cookies.command("import")
@click.argument("persona")
@click.argument("file", type=click.File("rb"))
def import_cookies(persona: str, file: Any) -> None:
    """Give PERSONA the cookies of FILE, a Netscape cookies.txt (- for standard input), in place of those it has."""
    text = _text(file)
    open_archive(create=False)
    found = find_persona(persona)
    change_persona(found.pk, persona_parts(cookies_txt=text))
    err.print(f"{found.name} has {count_text(len(load_identity(found.name).cookies), 'cookie')} now.")


@cookies.command("clear")
@click.argument("persona")
def clear_cookies(persona: str) -> None:
    """Take the cookies of PERSONA away."""
    open_archive(create=False)
    found = find_persona(persona)
    change_persona(found.pk, persona_parts(cookies_txt=""))
    err.print(f"{found.name} has no cookies.txt any more.")


@command.group()
def storage() -> None:
    """The local and session storage a persona has of sites."""


@storage.command("import")
@click.argument("persona")
@click.argument("file", type=click.File("rb"))
def import_storage(persona: str, file: Any) -> None:
    """Give PERSONA the storage of FILE (an auth.json or a Playwright storage state) in place of what it has."""
    try:
        auth = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{_name(file)} is no JSON; give an auth.json or a Playwright storage state.") from error
    open_archive(create=False)
    found = find_persona(persona)
    change_persona(found.pk, persona_parts(auth_json=auth))
    err.print(f"{found.name} has storage of {count_text(len(load_identity(found.name).storage), 'origin')} now.")


@storage.command("clear")
@click.argument("persona")
def clear_storage(persona: str) -> None:
    """Take what PERSONA has in storage away."""
    open_archive(create=False)
    found = find_persona(persona)
    change_persona(found.pk, persona_parts(auth_json={}))
    err.print(f"{found.name} has no storage any more.")


def _given(options: dict[str, str | None]) -> dict[str, object]:
    """Return the settings that were named on the command line."""
    given: dict[str, object] = {_SETTINGS.get(key, key): text for key, text in options.items() if text is not None}
    if place := options.get("geolocation"):
        numbers = [part.strip() for part in place.split(",")]
        if len(numbers) not in (2, 3):
            raise BadInput(f"--geolocation {place!r} is not possible; write it as 52.5,13.4.")
        given["geolocation"] = dict(zip(("latitude", "longitude", "accuracy"), numbers, strict=False))
    return given


def _text(file: Any) -> str:
    try:
        return str(file.read().decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"{_name(file)} is no text in UTF-8; export the cookies as a Netscape cookies.txt.") from error


def _name(file: Any) -> str:
    return Path(file.name).name if isinstance(file.name, str) else "The input"


def _tell(persona: Persona, *, as_json: bool, **more: object) -> None:
    if as_json:
        told = {"type": "persona", "id": str(persona.pk), "name": persona.name, "config": persona.config}
        print_json(told | {"created_at": persona.created_at} | more)
    else:
        out.print(f"{persona.pk} {persona.name}")
