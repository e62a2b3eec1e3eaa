"""How a URL may have been written that someone asks for by putting it behind ``/archive/``."""

import re
from urllib.parse import quote, urlsplit

# Everything a browser sends as it is; what a server decoded before we see it is encoded again.
_AS_SENT = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>^`{|}')
_SCHEME = re.compile(r"^(https?):/+", re.IGNORECASE)


def spellings(asked: str) -> list[str]:
    """Return the URLs that may be meant, the likeliest first.

    Proxies make one slash of two, people leave the scheme out, servers decode the path, and ``https://example.com`` is
    ``https://example.com/``.
    """
    found: dict[str, None] = {}
    for url in _with_scheme(asked):
        for written in (url, quote(url, safe=_AS_SENT)):
            found[written] = None
            found[_other_slash(written)] = None
    return list(found)


def beginnings(asked: str) -> list[str]:
    """Return what the URLs may begin with that are meant by a part of one."""
    found: dict[str, None] = {}
    for url in _with_scheme(asked):
        found[url] = None
        found[quote(url, safe=_AS_SENT)] = None
    return list(found)


def _with_scheme(asked: str) -> list[str]:
    if _SCHEME.match(asked):
        return [_SCHEME.sub(lambda match: f"{match[1].lower()}://", asked)]
    return [f"https://{asked}", f"http://{asked}"]


def _other_slash(url: str) -> str:
    """Return a URL without a path with ``/`` as its path, and the other way round; others as they are."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.path not in ("", "/") or not parts.netloc:
        return url
    return parts._replace(path="" if parts.path else "/").geturl()
