"""A list of hosts nothing is asked of: advertisers and trackers.

Read are the formats such lists come in: hosts files (``0.0.0.0 ads.example``), a domain per line, and of the filters of
Adblock Plus those of a whole domain (``||ads.example^``). What else an Adblock list says (parts of pages or addresses,
exceptions) needs the page itself and is not used, only counted.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pagekeep.capture.network.addresses import canonical_host
from pagekeep.domain.errors import BadInput

_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1", "::0"})  # noqa: S104
# A name of at least two labels, the last of which is no number: localhost and addresses are never blocked.
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)+(?!\d+\Z)[a-z0-9-]{2,63}")
_FILTER = re.compile(r"\|\|([^/^$*|:]+)\^\Z")
# "!" and "[Adblock Plus 2.0]" as Adblock lists, "#" as hosts files write them; "##" begins a rule that hides elements.
_COMMENT = re.compile(r"!|#(?![#@?$%])|\[Adblock", re.I)


@dataclass(frozen=True, slots=True)
class BlockList:
    """Domains that are blocked with everything below them.

    Attributes:
        unused: how many lines were of kinds that are not used.
    """

    domains: frozenset[str] = frozenset()
    unused: int = 0

    def covers(self, host: str) -> bool:
        """Return whether ``host`` or a domain above it is listed."""
        if not self.domains:
            return False
        name = canonical_host(host)
        while name:
            if name in self.domains:
                return True
            name = name.partition(".")[2]
        return False


NOTHING = BlockList()


def read_block_list(path: str | Path) -> BlockList:
    """Return the list a file holds, read once for each version of the file.

    Raises:
        BadInput: the file cannot be read, or not one of its lines names a domain; the text names the setting.
    """
    try:
        found = os.stat(path)
        return _read(str(path), found.st_mtime_ns, found.st_size)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"PAGEKEEP_BLOCK_LIST names {path}, which cannot be read ({why}).") from error


def parse_block_list(lines: Iterable[str]) -> BlockList:
    """Return what the lines of a list say; case, spaces around, and comments do not matter."""
    domains: set[str] = set()
    unused = 0
    for line in lines:
        text = line.strip().lower()
        if not text or _COMMENT.match(text):
            continue
        names = _names(text)
        domains.update(names)
        unused += not names
    return BlockList(frozenset(domains), unused)


def _names(text: str) -> list[str]:
    """Return the domains a line blocks, none where it is of another kind."""
    if _DOMAIN.fullmatch(text):
        return [text]
    if text.startswith("||"):
        found = _FILTER.match(text)
        return [name for name in [_domain(found[1])] if name] if found else []
    words = re.split(r"\s#|\s+#", text, maxsplit=1)[0].split()
    if len(words) > 1 and words[0] in _ADDRESSES:
        words = words[1:]
    elif len(words) != 1:
        return []
    return [name for name in map(_domain, words) if name]


def _domain(text: str) -> str:
    """Return a domain as browsers write it, or an empty string for what is none."""
    name = canonical_host(text) if not text.isascii() or text.endswith(".") else text
    return name if _DOMAIN.fullmatch(name) else ""


@lru_cache(maxsize=2)
def _read(path: str, changed: int, size: int) -> BlockList:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        found = parse_block_list(file)
    if not found.domains:
        raise BadInput(
            f"PAGEKEEP_BLOCK_LIST names {path}, where not one line names a domain; "
            "use a hosts file, a list of domains, or an Adblock list with rules like ||ads.example^."
        )
    return found
