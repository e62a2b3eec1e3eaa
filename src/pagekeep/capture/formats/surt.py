"""The keys a CDXJ index is sorted by: URLs turned around and made alike (SURT), as replay programs look them up."""

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What stays as it is in a key; all else is percent-encoded.
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "").replace("#", "")


def surt(url: str) -> str:
    """Return the key of a URL: the host reversed, all lower-case, the query's parameters in order.

    ``www.``, a default port, a slash at the end of the path, doubled slashes and needless percent-encoding are left
    out. Source: the canonicalisation of the Internet Archive's Wayback Machine, which pywb and others use.
    """
    parts = urlsplit(url)
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower())
    host = ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS.get(parts.scheme) else ""
    parameters = _encoded(parts.query).lower().split("&") if parts.query else []
    query = "&".join(sorted(parameters, key=lambda parameter: parameter.partition("=")))
    return f"{host}{port}){_path(_encoded(parts.path)).lower()}" + (f"?{query}" if query else "")


def _path(path: str) -> str:
    """Return the path with ``.`` and ``..`` resolved, and then without empty parts."""
    kept: list[str] = []
    for part in path.split("/")[1:]:
        if part == ".." and kept:
            kept.pop()
        elif part != ".":
            kept.append(part)
    return "/" + "/".join(filter(None, kept))


def _encoded(text: str) -> str:
    """Return the text with only what must be percent-encoded encoded, once."""
    raw = text.encode("utf-8", "surrogateescape")
    while (plain := unquote_to_bytes(raw)) != raw:
        raw = plain
    return quote(raw, safe=_PLAIN)
