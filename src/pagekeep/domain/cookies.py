"""Cookies a person brings along, as browsers and tools write them down: Netscape's ``cookies.txt``, and JSON objects.

Source of the text form: the header that curl writes (https://curl.se/docs/http-cookies.html): seven fields a line,
separated by tabs; ``#HttpOnly_`` before the domain of a cookie that scripts may not see. No error repeats a value.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pagekeep.domain.errors import BadInput

MOST_COOKIES = 20_000
# What browsers take of name and value together (RFC 6265bis, section 5.6), in bytes.
LONGEST = 4096
HEADER = "# Netscape HTTP Cookie File\n"
_HTTP_ONLY = "#HttpOnly_"
_FIELDS = 7
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]{0,9})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_FLAGS = {"true": True, "false": False}
_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None", "no_restriction": "None"}


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie (RFC 6265).

    Attributes:
        domain: the host, lower-case, without a dot before it.
        host_only: whether it is for that host alone, and not for those below it.
        expires: seconds since the epoch; 0 for a session cookie.
        same_site: ``Strict``, ``Lax``, ``None``, or empty where it is not known.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    expires: int = 0
    same_site: str = ""

    def is_expired(self, now: float) -> bool:
        """Whether its time is over at ``now`` (seconds since the epoch)."""
        return 0 < self.expires <= now


def parse_cookies(text: str) -> tuple[Cookie, ...]:
    """Return the cookies of a ``cookies.txt``; of two with the same name, domain and path the later one.

    Raises:
        BadInput: a line is no cookie, or there are too many; the sentence names the line and no value.
    """
    found: list[Cookie] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.removesuffix("\r")
        http_only = line.startswith(_HTTP_ONLY)
        if http_only:
            line = line.removeprefix(_HTTP_ONLY)
        elif not line.strip() or line.startswith("#"):
            continue
        found.append(_parse_line(line, f"Line {number} of the cookies", http_only=http_only))
    return merge(found)


def write_cookies(cookies: Iterable[Cookie]) -> str:
    """Return cookies as a ``cookies.txt``; empty where there are none. What SameSite says has no place in it."""
    lines = [_line(cookie) for cookie in cookies]
    return HEADER + "".join(lines) if lines else ""


def cookie_of(item: Mapping[str, object], where: str) -> Cookie:
    """Return the cookie a JSON object tells, with the names that browsers' extensions and DevTools use.

    Args:
        where: what to call it in an error.

    Raises:
        BadInput: it is none.
    """
    texts = {key: item.get(key) or "" for key in ("name", "value", "domain", "path", "sameSite")}
    if not all(isinstance(text, str) for text in texts.values()) or not texts["domain"]:
        raise BadInput(f"{where} is no cookie; it needs name, value and domain as text.")
    name, value, domain, path, same_site = (str(text) for text in texts.values())
    expires = item.get("expires", item.get("expirationDate")) or 0
    return _checked(
        Cookie(
            name,
            value,
            domain.strip().lower().removeprefix("."),
            host_only=bool(item.get("hostOnly", not domain.strip().startswith("."))),
            path=path,
            secure=bool(item.get("secure")),
            http_only=bool(item.get("httpOnly")),
            expires=_seconds(str(expires), where),
            same_site=_SAME_SITE.get(same_site.lower(), ""),
        ),
        where,
    )


def merge(cookies: Iterable[Cookie]) -> tuple[Cookie, ...]:
    """Return cookies, of those a browser would take for the same the last one.

    Raises:
        BadInput: there are more than anybody has.
    """
    unique = {(cookie.domain, cookie.path, cookie.name): cookie for cookie in cookies}
    if len(unique) > MOST_COOKIES:
        raise BadInput(f"There are {len(unique)} cookies; at most {MOST_COOKIES} are taken: leave some sites out.")
    return tuple(unique.values())


def _parse_line(line: str, where: str, *, http_only: bool) -> Cookie:
    fields = line.split("\t")
    if len(fields) == _FIELDS - 1:  # some tools cut an empty value off with its tab
        fields.append("")
    if len(fields) != _FIELDS:
        raise BadInput(f"{where} is no cookie: it has {len(fields)} fields separated by tabs, where 7 are needed.")
    domain, below, path, secure, expires, name, value = fields
    return _checked(
        Cookie(
            name,
            value,
            domain.strip().lower().removeprefix("."),
            host_only=not _flag(below, where),
            path=path,
            secure=_flag(secure, where),
            http_only=http_only,
            expires=_seconds(expires.strip(), where),
        ),
        where,
    )


def _checked(cookie: Cookie, where: str) -> Cookie:
    if not _DOMAIN.fullmatch(cookie.domain) or len(cookie.domain) > 253:
        raise BadInput(f"{where} has no host name for its domain; write it as example.com, in Punycode if need be.")
    if not cookie.name and not cookie.value:
        raise BadInput(f"{where} has neither name nor value.")
    for text in (cookie.name, cookie.value, cookie.path):
        if _CONTROL.search(text) or ";" in text:
            raise BadInput(f"{where} holds a semicolon or control character, which no cookie has.")
    if "=" in cookie.name:
        raise BadInput(f"{where} has an equals sign in its name, which no cookie has.")
    if len((cookie.name + cookie.value).encode()) > LONGEST or len(cookie.path.encode()) > LONGEST:
        raise BadInput(f"{where} is longer than the {LONGEST} bytes that browsers take.")
    if not cookie.path.startswith("/"):
        raise BadInput(f"{where} has no path; it begins with a slash.")
    return cookie


def _flag(text: str, where: str) -> bool:
    known = _FLAGS.get(text.strip().lower())
    if known is None:
        raise BadInput(f"{where} is no cookie: its second and fourth field must be TRUE or FALSE.")
    return known


def _seconds(text: str, where: str) -> int:
    if text and not _NUMBER.fullmatch(text):
        raise BadInput(f"{where} has no number of seconds for the time it expires; 0 stands for a session.")
    return max(0, int(float(text or 0)))


def _line(cookie: Cookie) -> str:
    domain = cookie.domain if cookie.host_only else f".{cookie.domain}"
    flags = ["FALSE" if cookie.host_only else "TRUE", cookie.path, "TRUE" if cookie.secure else "FALSE"]
    fields = [domain, *flags, str(cookie.expires), cookie.name, cookie.value]
    return (_HTTP_ONLY if cookie.http_only else "") + "\t".join(fields) + "\n"
