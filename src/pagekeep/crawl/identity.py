"""When two URLs are the same page for a crawl.

They are when they differ only in what RFC 3986, section 6.2, calls equivalent spellings, in parameters that follow
people around, in session ids, or in a fragment that is a place in the page.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import SplitResult, unquote_plus, urlsplit

from pagekeep.domain.hosts import canonical_host
from pagekeep.domain.tracking import TRACKING_PARAMETERS

PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|%|[^\x21-\x7e]|[\"<>^`{|}\\]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = r"(?:jsessionid|phpsessid|phpsession|aspsessionid[a-z]*|asp\.net_sessionid|cfid|cftoken|oscsid|zenid|xtcsid)"
# These names are ordinary words too: what they hold must look like an id that was drawn.
_MAYBE_SESSION = r"(?:sid|sess|session|sessid|sessionid|session_id)"
_DRAWN = r"(?=[a-z_-]*[0-9])[0-9a-z_-]{16,}"
_SESSION_PARAMETER = re.compile(rf"{_SESSION}(?:=.*)?|{_MAYBE_SESSION}={_DRAWN}", re.IGNORECASE)
# RFC 3986, 3.3: what follows ";" in a segment belongs to it alone; Java's servers put their session there.
_SESSION_IN_SEGMENT = re.compile(rf";(?:{_SESSION}=[^;]*|{_MAYBE_SESSION}={_DRAWN}(?=;|$))", re.IGNORECASE)
# ASP.NET without cookies: /(S(lit3py55t21z5v55vlm25s55))/page
_SESSION_SEGMENT = re.compile(r"\((?:[a-z]\([0-9a-z_-]{16,}\))+\)", re.IGNORECASE)


def identity_of(url: str, tracking: Collection[str] = TRACKING_PARAMETERS) -> str:
    """Return 32 characters that are equal for URLs of the same page: a hash of `canonical_url`."""
    return digest(canonical_url(url, tracking))


def canonical_url(url: str, tracking: Collection[str] = TRACKING_PARAMETERS) -> str:
    """Return the one spelling of a URL that stands for its page. It is for comparing; what is opened is `page_url`.

    Args:
        tracking: names of parameters that make no other page, as in `TRACKING_PARAMETERS`.
    """
    parts = split(url.strip())
    if parts is None:
        return url.strip()
    query = parts.query
    if query:
        dropped = _tracking(tuple(tracking))
        kept = [part for part in query.split("&") if not _is_dropped(part, dropped)]
        query = escaped("&".join(part for part in kept if not _SESSION_PARAMETER.fullmatch(part)))
    canonical = f"{parts.scheme}://{_authority(parts)}{canonical_path(parts.path)}"
    fragment = escaped(_route(parts.fragment))
    return canonical + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def page_url(link: str, tracking: Collection[str] = TRACKING_PARAMETERS) -> str:
    """Return what a crawl opens of a link: the link without a fragment that is a place in the page (RFC 3986, 3.5) and
    without tracking parameters, untouched otherwise."""
    link = link.strip()
    plain, _, fragment = link.partition("#")
    base, mark, query = plain.partition("?")
    if query:
        dropped = _tracking(tuple(tracking))
        parameters = query.split("&")
        kept = [part for part in parameters if not _is_dropped(part, dropped)]
        if len(kept) < len(parameters):
            rest = "&".join(kept)
            plain = f"{base}{mark}{rest}" if rest else base
    return f"{plain}#{fragment}" if _route(fragment) else plain


def split(url: str) -> SplitResult | None:
    """Return the parts of a URL as browsers take it apart: a backslash before the query is a slash. None for no URL of
    the web."""
    end = min((place for mark in "?#" if (place := url.find(mark)) >= 0), default=len(url))
    try:
        parts = urlsplit(url[:end].replace("\\", "/") + url[end:])
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in PORTS and parts.hostname else None


def host_and_port(parts: SplitResult) -> str:
    """Return the host as `canonical_host` writes it, with the port where it is not the scheme's own."""
    host = canonical_host(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, PORTS[parts.scheme]) else f"{host}:{parts.port}"


def canonical_path(path: str) -> str:
    """Return a path in its one spelling, without dot segments (RFC 3986, 6.2.2 and 5.2.4) and session ids."""
    kept: list[str] = []
    segments = [_SESSION_IN_SEGMENT.sub("", segment) for segment in escaped(path).split("/")[1:]]
    for place, segment in enumerate(segments):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(segment for segment in kept if not _SESSION_SEGMENT.fullmatch(segment))


def escaped(text: str) -> str:
    """Return a part of a URL with its escapes in capitals, only where they are needed (RFC 3986, 6.2.2.1 and 2)."""
    return _ESCAPE.sub(_escape, text)


def digest(text: str) -> str:
    """Return a hash of 128 bits as 32 hexadecimal characters."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _authority(parts: SplitResult) -> str:
    credentials = parts.netloc.rpartition("@")[0]
    return f"{credentials}@{host_and_port(parts)}" if credentials else host_and_port(parts)


def _route(fragment: str) -> str:
    """Return a fragment that names a page of an application in the browser (``#/inbox``, ``#!inbox``), else nothing."""
    return fragment if fragment[:1] in ("/", "!") and fragment.strip("!/") else ""


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 3:
        meant = chr(int(text[1:], 16))
        return meant if meant in _UNRESERVED else text.upper()
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@lru_cache(16)
def _tracking(names: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    plain = frozenset(name.lower() for name in names if not name.endswith("*"))
    return plain, tuple(name[:-1].lower() for name in names if name.endswith("*"))


def _is_dropped(parameter: str, dropped: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    name = unquote_plus(parameter.partition("=")[0]).lower()
    return name in dropped[0] or name.startswith(dropped[1])
