"""Who a browser says it is: what a site is told of the person, the machine and the place it is asked from."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import available_timezones

from pagekeep.domain.cookies import Cookie
from pagekeep.domain.errors import BadInput
from pagekeep.domain.site_storage import SiteStorage

COLOR_SCHEMES = ("light", "dark")
DEFAULT_LANGUAGES = ("en-US", "en")
MOST_LANGUAGES = 10
LONGEST_USER_AGENT = 1000
ACCURACY = 10.0
# Windows from a small phone's to a wall of screens (CSS pixels); scales from zoomed out to a phone's.
WIDTHS, HEIGHTS, SCALES = (100, 7680), (100, 4320), (0.25, 5.0)

_VIEWPORT = re.compile(r"([0-9]{2,5})\s*[x×,]\s*([0-9]{2,5})", re.IGNORECASE)
# BCP 47 (RFC 5646, section 2.1): language, script, region, variants; a weight may follow, as in Accept-Language.
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:[-_](?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)(?:\s*;\s*q=[0-9.]{1,5})?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")


@dataclass(frozen=True, slots=True)
class Viewport:
    """The window, in CSS pixels, and how many pixels of the screen one of them is wide."""

    width: int = 1440
    height: int = 900
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Geolocation:
    """A place on earth: degrees north and east, and metres (WGS 84)."""

    latitude: float
    longitude: float
    accuracy: float = ACCURACY


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a browser is to the sites it visits.

    Attributes:
        user_agent: replaces the browser's own; empty for that.
        languages: BCP 47 tags, the preferred one first.
        timezone: a name of the IANA data base; empty for the machine's.
        geolocation: where the browser says it is; None where it tells nobody.
        color_scheme: ``light``, ``dark``, or empty for none.
        cookies, storage: what it has of sites already.
        owner: tells the identities apart that have something of sites; empty for one that has nothing.
    """

    user_agent: str = ""
    viewport: Viewport = Viewport()
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    timezone: str = ""
    geolocation: Geolocation | None = None
    color_scheme: str = ""
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    storage: tuple[SiteStorage, ...] = field(default=(), repr=False)
    owner: str = ""

    @property
    def has_secrets(self) -> bool:
        """Whether it brings along what only its person may know."""
        return bool(self.cookies or self.storage)


def accept_language(languages: tuple[str, ...]) -> str:
    """Return languages as the header Accept-Language (RFC 9110, section 12.5.4), as browsers weigh them."""
    weights = (f";q={max(1, 10 - place) / 10:g}" if place else "" for place in range(len(languages)))
    return ",".join(f"{tag}{weight}" for tag, weight in zip(languages, weights, strict=True))


def clean_settings(given: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of a persona as they are kept: checked, tidied, and without what is empty or unknown.

    Args:
        given: ``user_agent``, ``viewport_size`` (``1440x900``), ``viewport_device_scale_factor``, ``color_scheme``,
            ``language`` (one tag or several), ``timezone``, ``geolocation`` (``latitude``, ``longitude`` and
            ``accuracy``).

    Raises:
        BadInput: a value is not possible; the sentence names the setting.
    """
    read = {
        "user_agent": _user_agent,
        "viewport_size": _viewport_size,
        "viewport_device_scale_factor": _scale,
        "color_scheme": _color_scheme,
        "language": _language,
        "timezone": _timezone,
        "geolocation": _geolocation,
    }
    kept = {}
    for name, reader in read.items():
        value = given.get(name)
        if isinstance(value, str):
            value = value.strip()
        if value is not None and value not in ("", {}):
            kept[name] = reader(value)
    return kept


def identity_of(kept: Mapping[str, object]) -> Identity:
    """Return what settings come to; cookies and storage are for the caller to add.

    Raises:
        BadInput: they are no longer possible.
    """
    clean = clean_settings(kept)
    width, height = map(int, str(clean.get("viewport_size", "1440x900")).split("x"))
    place = clean.get("geolocation")
    return Identity(
        user_agent=str(clean.get("user_agent", "")),
        viewport=Viewport(width, height, float(str(clean.get("viewport_device_scale_factor", 1.0)))),
        languages=_with_base(str(clean["language"])) if "language" in clean else DEFAULT_LANGUAGES,
        timezone=str(clean.get("timezone", "")),
        geolocation=Geolocation(**place) if isinstance(place, dict) else None,
        color_scheme=str(clean.get("color_scheme", "")),
    )


def _user_agent(value: object) -> str:
    text = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]+", text) or len(text) > LONGEST_USER_AGENT:
        raise BadInput(f"user_agent must be one line of at most {LONGEST_USER_AGENT} ASCII characters.")
    return text


def _viewport_size(value: object) -> str:
    found = _VIEWPORT.fullmatch(str(value))
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (WIDTHS[0] <= width <= WIDTHS[1] and HEIGHTS[0] <= height <= HEIGHTS[1]):
        raise BadInput(
            f"viewport_size={_short(value)} is not possible; write width and height in pixels as 1440x900,"
            f" from {WIDTHS[0]}x{HEIGHTS[0]} to {WIDTHS[1]}x{HEIGHTS[1]}."
        )
    return f"{width}x{height}"


def _scale(value: object) -> float:
    return _number("viewport_device_scale_factor", value, *SCALES)


def _color_scheme(value: object) -> str:
    if str(value).lower() not in COLOR_SCHEMES:
        raise BadInput(f"color_scheme={_short(value)} is not possible; it is light, dark or empty.")
    return str(value).lower()


def _language(value: object) -> str:
    tags = [_LANGUAGE.fullmatch(part.strip()) for part in str(value).split(",")]
    if not all(tags) or len(tags) > MOST_LANGUAGES:
        raise BadInput(f"language={_short(value)} is not possible; write it as de-DE, or several as de-DE,en.")
    return ",".join(dict.fromkeys(_canonical(tag) for tag in tags if tag))


def _timezone(value: object) -> str:
    name = str(value)
    known = _known_timezones()
    # A machine without a data base of time zones leaves it to the browser, which has one.
    if name not in known and (known or not _ZONE.fullmatch(name)):
        raise BadInput(f"timezone={_short(value)} is not known; write a name like Europe/Berlin or UTC.")
    return name


def _geolocation(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise BadInput("geolocation must be an object with latitude and longitude in degrees.")
    latitude = _number("geolocation.latitude", value.get("latitude"), -90, 90)
    longitude = _number("geolocation.longitude", value.get("longitude"), -180, 180)
    accuracy = value.get("accuracy")
    metres = ACCURACY if accuracy is None else _number("geolocation.accuracy", accuracy, 0, 1e7)
    return {"latitude": latitude, "longitude": longitude, "accuracy": metres}


def _number(name: str, value: object, least: float, most: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not least <= number <= most:
        raise BadInput(f"{name}={_short(value)} is not possible; it is a number from {least:g} to {most:g}.")
    return number


def _canonical(tag: re.Match[str]) -> str:
    language, script, region = (tag[name] or "" for name in ("language", "script", "region"))
    variants = re.split("[-_]", tag["variants"].lower())
    return "-".join(part for part in (language.lower(), script.title(), region.upper(), *variants) if part)


def _with_base(languages: str) -> tuple[str, ...]:
    """Return the tags, each followed by its bare language where that is not named: as browsers send them."""
    tags = languages.split(",")
    bases = {tag: tag.partition("-")[0] for tag in tags}
    found: list[str] = []
    for place, tag in enumerate(tags):
        found.append(tag)
        base, rest = bases[tag], tags[place + 1 :]
        if base not in tags and not any(bases[other] == base for other in rest):
            found.append(base)
    return tuple(found)


@cache
def _known_timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
