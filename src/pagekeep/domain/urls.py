"""What counts as a URL the archive can take."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from pagekeep.domain.errors import BadInput

MAX_URL_LENGTH = 16_384
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
# What no browser takes in a host name, and `urlsplit` leaves there (WHATWG URL, 3.2).
_NOT_IN_HOST = re.compile(r"[ <>^|]")
# Browsers take a backslash for a slash here, and the last @ before the path ends the credentials (WHATWG URL, 4.4).
_CREDENTIALS = re.compile(r"^(\s*[a-zA-Z][a-zA-Z0-9+.-]*:[/\\]{2})[^/\\?#]*@")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def parse_url(text: str) -> str:
    """Return ``text`` without surrounding white space, checked to be a URL the browser can open.

    The URL is kept as it was written: the browser, not we, decides how to normalise it (WHATWG URL).

    Raises:
        BadInput: it is empty, too long, not http(s), has no host or a bad one, a bad port or control characters.
    """
    url = text.strip()
    if not url:
        raise BadInput("The URL is empty; give one that starts with http:// or https://.")
    if len(url) > MAX_URL_LENGTH:
        raise BadInput(f"The URL is {len(url)} characters long; at most {MAX_URL_LENGTH} are accepted.")
    if _FORBIDDEN.search(url):
        raise BadInput(f"The URL {url!r} holds a control character or line break; remove it.")
    parts = _split(url)
    if parts.scheme.lower() not in ("http", "https"):
        known = f"has the scheme {parts.scheme!r}" if _SCHEME.match(url) else "has no scheme"
        raise BadInput(f"{shorten(url)!r} {known}; only http:// and https:// URLs can be archived.")
    if not parts.hostname:
        raise BadInput(f"{shorten(url)!r} has no host name; a URL looks like https://example.com/page.")
    if found := _NOT_IN_HOST.search(parts.hostname.partition("\\")[0]):
        raise BadInput(f"{shorten(url)!r} has {found[0]!r} in its host name, where no browser takes it.")
    return url


def domain_of(url: str) -> str:
    """Return the host name of ``url`` in lower case, or an empty string if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def without_credentials(url: str) -> str:
    """Return ``url`` without a user name and password before its host: ``http://me:secret@host/`` gives ``http://host/``."""
    return _CREDENTIALS.sub(r"\1", url, count=1)


def credentials_of(url: str) -> tuple[str, str] | None:
    """Return user name and password that ``url`` has before its host, percent-decoded; None where it has none."""
    found = _CREDENTIALS.match(url)
    if found is None:
        return None
    name, _, password = found[0][len(found[1]) : -1].partition(":")
    return unquote(name), unquote(password)


def shorten(text: str, length: int = 120) -> str:
    """Return ``text``, its middle replaced by an ellipsis where it is longer than ``length`` characters."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # urlsplit checks the port only when it is read
    except ValueError as error:
        raise BadInput(f"{shorten(url)!r} is not a valid URL ({error}).") from error
    return parts
