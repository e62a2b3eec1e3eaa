"""How far from its seeds a crawl goes: their pages, folders, hosts, domains, or anywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult

from publicsuffixlist import PublicSuffixList

from pagekeep.crawl.identity import canonical_path, host_and_port, split
from pagekeep.crawl.refusal import Refusal
from pagekeep.domain.hosts import canonical_host, parse_address

REACHES = ("page", "prefix", "host", "domain", "any")
_WHERE = {
    "page": "no place in a page the crawl was given",
    "prefix": "not below the folder of a URL the crawl was given",
    "host": "on another host than the URLs the crawl was given",
    "domain": "of another domain than the URLs the crawl was given",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """What links may lead to.

    Attributes:
        name: ``page`` (places in the seeds' pages that are pages of their own), ``prefix`` (same host, in the folder of
            a seed's path or below), ``host`` (same host and port), ``domain`` (same registered domain), or ``any``.
            Neither the scheme nor user names matter.
        roots: what the seeds have that a link must have too, from `roots_of`.
    """

    name: str = "any"
    roots: frozenset[str] = frozenset()

    def covers(self, url: str) -> bool:
        """Whether a link leads to where the crawl goes."""
        if self.name == "any":
            return True
        parts = split(url)
        return parts is not None and not self.roots.isdisjoint(_places(parts, self.name))

    def refuse(self, url: str) -> Refusal | None:
        """Say of a link that leads elsewhere so, None of others."""
        if self.covers(url):
            return None
        return Refusal(url, "out_of_scope", f"It is {_WHERE[self.name]} (scope {self.name}).")


def roots_of(urls: Iterable[str], name: str) -> frozenset[str]:
    """Return what the seeds of a crawl come to for a reach of this name; where redirects led them counts as a seed."""
    roots: set[str] = set()
    for url in urls:
        if parts := split(url.strip()):
            roots.add(_places(parts, name)[0])
    return frozenset(roots)


def registered_domain(host: str) -> str:
    """Return the domain that its owner registered, by the Public Suffix List (https://publicsuffix.org), the part for
    private owners included: ``www.example.co.uk`` gives ``example.co.uk``, ``me.github.io`` itself.

    An address, a public suffix and a name without a dot are returned as they are.
    """
    name = canonical_host(host)
    if parse_address(name):
        return name
    return _suffixes().privatesuffix(name) or name


def _places(parts: SplitResult, name: str) -> list[str]:
    """Return the places a URL lies in: its own first, then those around it."""
    if name == "domain":
        return [registered_domain(parts.hostname or "")]
    host = host_and_port(parts)
    if name == "host":
        return [host]
    path = canonical_path(parts.path)
    if name == "page":
        return [f"{host}{path}?{parts.query}"]
    folders = path.split("/")[:-1]
    return [f"{host}{'/'.join(folders[:length])}/" for length in range(len(folders), 0, -1)]


@lru_cache(1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # the list that comes with the library; nothing is downloaded
