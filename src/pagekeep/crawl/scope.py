"""Which URL comes next: depth, allowed and denied patterns, http(s) only, each page once, and how many at most."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pagekeep.crawl.identity import identity_of, page_url
from pagekeep.crawl.patterns import Pattern, compile_pattern
from pagekeep.crawl.refusal import Judge, Refusal
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url

MAX_DEPTH = 4
MAX_PATTERNS = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """Which URLs are taken, in order, and which are not."""

    taken: tuple[str, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a crawl takes.

    Attributes:
        allow: a URL must fit one of them; empty allows all.
        deny: a URL that fits one of them is refused, allowed or not.
    """

    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()

    def choose(self, urls: Iterable[str], *judges: Judge) -> Choice:
        """Sort URLs into those that are taken and those that are not; one given twice is looked at once.

        Args:
            judges: what a URL must pass besides, in this order.
        """
        taken: dict[str, None] = {}
        refused: list[Refusal] = []
        for text in dict.fromkeys(urls):
            try:
                url = parse_url(text)
            except BadInput as error:
                refused.append(Refusal(text, "not_a_url", str(error)))
                continue
            if url in taken:
                continue
            if refusal := next(filter(None, (judge(url) for judge in (self._judge, *judges))), None):
                refused.append(refusal)
            else:
                taken[url] = None
        return Choice(tuple(taken), tuple(refused))

    def _judge(self, url: str) -> Refusal | None:
        if any(pattern.found_in(url) for pattern in self.deny):
            return Refusal(url, "denied", "URL_DENYLIST of the crawl excludes it.")
        if self.allow and not any(pattern.found_in(url) for pattern in self.allow):
            return Refusal(url, "not_allowed", "URL_ALLOWLIST of the crawl does not include it.")
        return None


def scope_of(config: Mapping[str, object]) -> Scope:
    """Return the scope that a crawl's ``config`` describes.

    Args:
        config: ``URL_ALLOWLIST`` and ``URL_DENYLIST`` are a regular expression, several on a line each, or a list.

    Raises:
        BadInput: one of them is bad; the sentence names its key.
    """
    return Scope(_patterns("URL_ALLOWLIST", config), _patterns("URL_DENYLIST", config))


def at_most(max_urls: int, urls: Sequence[str], already: int = 0) -> Choice:
    """Return as many of the URLs as the crawl still has room for; the others are refused.

    Args:
        max_urls: how many the crawl takes in all; 0 for no limit.
        already: how many it has taken.
    """
    room = max(max_urls - already, 0) if max_urls else len(urls)
    why = f"The crawl takes {max_urls} URLs (max_urls) and no more."
    return Choice(tuple(urls[:room]), tuple(Refusal(url, "max_urls", why) for url in urls[room:]))


def limit_of_urls(max_urls: int) -> str:
    """Return the sentence of a crawl that has left out what `at_most` refused."""
    return f"It reached its limit of {max_urls} URLs (max_urls)."


def next_pages(links: Iterable[str], tracking: Collection[str], passed_over: Collection[str] = ()) -> dict[str, str]:
    """Return the pages that links lead to, each once and in order: what is opened, by its identity.

    Args:
        tracking: parameters without which a URL is the same page.
        passed_over: identities of pages that are none to go to.
    """
    found: dict[str, str] = {}
    for link in dict.fromkeys(page_url(link, tracking) for link in links):
        identity = identity_of(link, tracking)
        if identity not in passed_over:
            found.setdefault(identity, link)
    return found


def _patterns(key: str, config: Mapping[str, object]) -> tuple[Pattern, ...]:
    value = config.get(key) or []
    texts = value.splitlines() if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise BadInput(f"{key} in the crawl's config must be a regular expression, or a list of them.")
    wanted = [text.strip() for text in texts if text.strip()]
    if len(wanted) > MAX_PATTERNS:
        raise BadInput(f"{key} in the crawl's config has {len(wanted)} patterns; at most {MAX_PATTERNS} are accepted.")
    try:
        return tuple(compile_pattern(text) for text in wanted)
    except BadInput as error:
        raise BadInput(f"{key} in the crawl's config: {error}") from error
