"""robots.txt (RFC 9309), with Crawl-delay and Sitemap as search engines read them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pagekeep.crawl.identity import canonical_path, escaped, host_and_port, split

AGENT = "pagekeep"
"""Our product token. Case does not matter."""
MAX_BYTES = 500 * 1024
MAX_WILDCARDS = 1000
"""Rules with a wildcard that are looked at, the longest first: each costs time for every link."""
MAX_DELAY = 3600.0
MAX_SITEMAPS = 100
_TOKEN = re.compile(r"[a-z_-]+", re.IGNORECASE)
_LINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Robots:
    """What a site asks of us.

    Attributes:
        rules: whether a path is allowed, and its pattern, escaped as paths are: ``*`` is any text, ``$`` the end.
        delay: seconds between two visits, None where nothing is said.
        sitemaps: URLs, as they are written.
    """

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float | None = None
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether a URL of the site may be visited: by the longest pattern that fits, and if two are, the one that
        allows (RFC 9309, 2.2.2)."""
        parts = split(url)
        if parts is None or not self.rules:
            return True
        path = canonical_path(parts.path) + (f"?{escaped(parts.query)}" if parts.query else "")
        path = path.replace("*", "%2A").replace("$", "%24")
        if path == "/robots.txt":
            return True
        best = max((len(start) for start in self._starts_of(path)), default=0)
        allowed = self._plain.get(path[:best], True)
        for allow, pattern, pieces in self._wildcards:  # the longest first
            if len(pattern) < best or (len(pattern) == best and (allowed or not allow)):
                break
            if _fits(path, pieces):
                return allow
        return allowed

    def as_text(self) -> str:
        """Return a robots.txt that says the same, to us alone: `parse_robots` gives an equal one."""
        lines = [f"User-agent: {AGENT}"]
        lines += [f"{'Allow' if allow else 'Disallow'}: {pattern}" for allow, pattern in self.rules]
        if self.delay is not None:
            lines.append(f"Crawl-delay: {self.delay}")
        return "\n".join([*lines, *(f"Sitemap: {url}" for url in self.sitemaps)])

    def _starts_of(self, path: str) -> Iterable[str]:
        return (path[:length] for length in self._lengths if length <= len(path) and path[:length] in self._plain)

    @cached_property
    def _plain(self) -> dict[str, bool]:
        """Patterns that are the beginning of a path; of two equal ones the one that allows."""
        plain: dict[str, bool] = {}
        for allow, pattern in self.rules:
            if "*" not in pattern and not pattern.endswith("$"):
                plain[pattern] = plain.get(pattern, False) or allow
        return plain

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(pattern) for pattern in self._plain})

    @cached_property
    def _wildcards(self) -> list[tuple[bool, str, list[str]]]:
        found = {rule for rule in self.rules if "*" in rule[1] or rule[1].endswith("$")}
        order = sorted(found, key=lambda rule: (-len(rule[1]), not rule[0], rule[1]))
        return [(allow, pattern, pattern.split("*")) for allow, pattern in order[:MAX_WILDCARDS]]


def parse_robots(data: bytes | str) -> Robots:
    """Return what a robots.txt asks of us: the groups that name us, together, or else those for everybody.

    What is no robots.txt asks nothing. No more than `MAX_BYTES` of it are read.
    """
    text = data if isinstance(data, str) else data[:MAX_BYTES].decode("utf-8-sig", "replace")
    own, others = _Group(), _Group()
    sitemaps: dict[str, None] = {}
    current: list[_Group] = []
    naming = named = False  # whether the last line began a group, and whether any names us
    for line in _LINE.split(text):
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            current = current if naming else []
            naming = True
            token = _TOKEN.match(value)
            if value.startswith("*"):
                current = [*current, others]
            elif token and token[0].lower() == AGENT:
                current, named = [*current, own], True
        elif key == "sitemap":
            if value and len(sitemaps) < MAX_SITEMAPS:
                sitemaps[line.partition(":")[2].strip()] = None  # a # may belong to it
        elif key in ("allow", "disallow", "crawl-delay"):
            naming = False
            for group in current:
                group.put(key, value)
    chosen = own if named else others
    return Robots(tuple(dict.fromkeys(chosen.rules)), chosen.delay, tuple(sitemaps))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL as browsers write them (RFC 6454), an empty text for what has none.

    A host longer than names can be (RFC 1035, 2.3.4) is none.
    """
    parts = split(url)
    if parts is None or len(parts.hostname or "") > 255:
        return ""
    return f"{parts.scheme}://{host_and_port(parts)}"


class _Group:
    """What the lines for one kind of visitor say together."""

    def __init__(self) -> None:
        self.rules: list[tuple[bool, str]] = []
        self.delay: float | None = None

    def put(self, key: str, value: str) -> None:
        if key == "crawl-delay":
            try:
                delay = float(value)
            except ValueError:
                return
            if 0 <= delay < float("inf"):
                self.delay = min(max(delay, self.delay or 0.0), MAX_DELAY)
        elif value:
            value = value if value[0] in "/*" else f"/{value}"
            self.rules.append((key == "allow", _pattern(value)))


def _pattern(text: str) -> str:
    """Return a pattern escaped as the paths it is compared with; a ``$`` that is not at its end is an ordinary one."""
    end = "$" if text.endswith("$") else ""
    return re.sub(r"\*+", "*", escaped(text.removesuffix("$")).replace("$", "%24")) + end


def _fits(path: str, pieces: list[str]) -> bool:
    """Whether a path begins with the pieces, with any text between them. Linear: each is found as early as possible."""
    first, *rest = pieces
    to_end = pieces[-1].endswith("$")
    if not rest:
        return path == first.removesuffix("$") if to_end else path.startswith(first)
    if not path.startswith(first):
        return False
    place = len(first)
    for piece in rest[:-1]:
        place = path.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    if to_end:
        last = rest[-1].removesuffix("$")
        return path.endswith(last) and len(path) - len(last) >= place
    return path.find(rest[-1], place) >= 0
