"""What sites keep in a browser beside cookies: local and session storage, as a persona's ``auth.json`` tells it.

Two shapes are read: by kind, ``{"localStorage": {origin: {name: value}}, "sessionStorage": …}``, and Playwright's
storage state, ``{"origins": [{"origin": …, "localStorage": [{"name": …, "value": …}]}]}``. Both may have ``cookies``.
What else an object holds is left alone. No error repeats a value.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pagekeep.domain.cookies import MOST_COOKIES, Cookie, cookie_of, merge
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

KINDS = ("localStorage", "sessionStorage")


@dataclass(frozen=True, slots=True)
class SiteStorage:
    """What one origin (``https://example.com``) keeps in a browser."""

    origin: str
    local: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: Mapping[str, str] = field(default_factory=dict, repr=False)


def parse_auth(auth: object) -> tuple[tuple[Cookie, ...], tuple[SiteStorage, ...]]:
    """Return the cookies and the storage that an ``auth.json`` tells.

    Raises:
        BadInput: a part of it has another shape.
    """
    if not isinstance(auth, Mapping):
        raise BadInput("auth_json must be an object.")
    listed = auth.get("cookies") or []
    if not isinstance(listed, list) or not all(isinstance(item, Mapping) for item in listed):
        raise BadInput("cookies in auth_json must be a list of objects.")
    if len(listed) > MOST_COOKIES:
        raise BadInput(f"auth_json has {len(listed)} cookies; at most {MOST_COOKIES} are taken.")
    cookies = merge(cookie_of(item, f"Cookie {number} of auth_json") for number, item in enumerate(listed, 1))
    found: dict[str, dict[str, dict[str, str]]] = {}
    for kind, origin, items in _parts(auth):
        name = _origin(origin)
        kept = found.setdefault(name, {kind: {} for kind in KINDS})[kind]
        kept.update(_pairs(items, f"{kind} of {shorten(name)} in auth_json"))
    storage = (SiteStorage(origin, *kinds.values()) for origin, kinds in found.items())
    return cookies, tuple(one for one in storage if one.local or one.session)


def _parts(auth: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    """Yield kind, origin and items of each storage."""
    for kind in KINDS:
        by_origin = auth.get(kind) or {}
        if not isinstance(by_origin, Mapping):
            raise BadInput(f"{kind} in auth_json must be an object with an origin such as https://example.com for key.")
        for origin, items in by_origin.items():
            yield kind, origin, items
    origins = auth.get("origins") or []
    if not isinstance(origins, list):
        raise BadInput("origins in auth_json must be a list.")
    for one in origins:
        if not isinstance(one, Mapping):
            raise BadInput("Each of the origins in auth_json must be an object with origin and localStorage.")
        for kind in KINDS:
            yield kind, one.get("origin"), one.get(kind) or {}


def _origin(text: object) -> str:
    """Return an origin as browsers write it."""
    try:
        parts = urlsplit(text if isinstance(text, str) else "")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.hostname.isascii():
        raise BadInput(f"{shorten(repr(text), 60)} in auth_json is no origin; write it as https://example.com.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def _pairs(items: object, where: str) -> Iterator[tuple[str, str]]:
    pairs: Iterable[tuple[object, object]]
    if isinstance(items, Mapping):
        pairs = items.items()
    elif isinstance(items, list) and all(isinstance(item, Mapping) for item in items):
        pairs = ((item.get("name"), item.get("value")) for item in items)
    else:
        raise BadInput(f"{where} must be an object of names and values.")
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, str):
            raise BadInput(f"{where} must have names and values that are text.")
        yield name, value
