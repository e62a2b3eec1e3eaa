"""Where a crawl would never end: URLs that a site makes up as it is asked for them."""

import re

from pagekeep.crawl.identity import canonical_path, digest, host_and_port, split
from pagekeep.crawl.refusal import Refusal

MAX_LENGTH = 2000
MAX_SEGMENTS = 20
MAX_REPEATS = 3
# A day, month or year at the end of a path, as calendars and listings have them: /2026/11/25, /2026-11, /2026/w48
_DATE = re.compile(r"/(?:1[89]|2[01])[0-9]{2}(?:[/-]w?[0-9]{1,2}){1,2}(?=/?$)", re.IGNORECASE)
# What a server drew at random: 16 hexadecimal digits or 20 mixed characters, no word and no plain number.
_DRAWN = re.compile(
    r"(?<=[/=;.-])(?:(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,}|(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{20,})(?=[/;.]|$)",
    re.IGNORECASE,
)


def refuse_traps(url: str) -> Refusal | None:
    """Say of a link why it is taken for a trap, None of an ordinary one. Seeds are never asked about."""
    if len(url) > MAX_LENGTH:
        why = f"It is {len(url)} characters long; of links at most {MAX_LENGTH} are followed."
        return Refusal(url, "too_long", why)
    parts = split(url)
    segments = [segment for segment in canonical_path(parts.path).split("/") if segment] if parts else []
    if len(segments) > MAX_SEGMENTS:
        why = f"Its path has {len(segments)} parts; at most {MAX_SEGMENTS} are followed."
        return Refusal(url, "too_deep", why)
    if repeated := _repeated(segments):
        return Refusal(url, "repeating_path", f"Its path repeats /{repeated}/ over and over, as paths without end do.")
    return None


def family_of(url: str) -> str:
    """Return what a URL has in common with its variations, as a hash: host and path, without a query, a date at the end
    and what looks drawn at random. Empty where it has none of these, and so no variations."""
    parts = split(url.strip())
    if parts is None:
        return ""
    path = canonical_path(parts.path)
    general = _DRAWN.sub("*", _DATE.sub("/*", path))
    if not parts.query and general == path:
        return ""
    return digest(host_and_port(parts) + general)


def _repeated(segments: list[str]) -> str:
    """Return what comes `MAX_REPEATS` times in a row, or nothing. Numbers may: /2011/11/11/11 is a place in time."""
    for length in range(1, len(segments) // MAX_REPEATS + 1):
        for start in range(len(segments) - MAX_REPEATS * length + 1):
            part = segments[start : start + length]
            if segments[start : start + MAX_REPEATS * length] == part * MAX_REPEATS and not "".join(part).isdigit():
                return "/".join(part)
    return ""
