"""A synthetic site full of traps, made from numbers: what each of its hosts answers.

Each host is of one kind, and all share a tree of good pages, of which the n-th is at the host n modulo their number.
What is asked for twice is answered alike, but for session ids and hosts that are busy the first time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

KINDS = ("plain", "calendar", "session", "deep", "redirects", "slow", "busy", "robots")
FANOUT = 20
LONGEST_CHAIN = 24
"""Hops; browsers and this archive give up after about 20."""
RETRY_AFTER = 1
"""Seconds a busy host asks for."""
CRAWL_DELAY = 0.5
"""Seconds the robots.txt of one host asks for, more than the others need."""
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answers, after so many seconds."""

    body: bytes = b""
    mimetype: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class Traps:
    """The whole site.

    Args:
        size: about how many good pages it has; a tenth as many redirects, and any number of traps.
        origins: by kind, in the order of :data:`KINDS`, like ``http://127.0.1.1:8001``.
    """

    size: int
    origins: Sequence[str]
    _sessions: int = 0
    _asked: Counter[str] = field(default_factory=Counter)

    def answer(self, kind: str, target: str) -> Answer:
        """Return what the host of that kind answers to a request for ``target``, a path with a query."""
        path = urlsplit(target).path
        self._asked[f"{kind}{path}"] += 1
        if path in ("/favicon.ico", "/robots.txt") and kind != "robots":
            return Answer(b"none", "text/plain", 404)
        if kind in ("slow", "busy") and (delayed := self._unwilling(kind, path)):
            return delayed
        if path.startswith("/tree/"):
            return self._tree(int(path.rpartition("/")[2]), kind)
        made: Answer = getattr(self, f"_{kind}")(path, parse_qs(urlsplit(target).query))
        return made

    def start(self) -> str:
        """Return the URL from which everything can be reached."""
        return f"{self.origins[0]}/"

    def of(self, kind: str) -> str:
        """Return the origin of a kind."""
        return self.origins[KINDS.index(kind)]

    def hops(self, chain: int) -> int | None:
        """Return how many redirects a chain has, None for a loop."""
        return None if chain % 10 == 9 else self._chains()[chain]

    def _tree(self, number: int, kind: str) -> Answer:
        children = range(number * FANOUT + 1, min(number * FANOUT + FANOUT + 1, self.size))
        links = [f"{self.origins[child % len(self.origins)]}/tree/{child}" for child in children]
        seconds = number % 5 * 0.05 if kind == "slow" else 0.0
        return _page(f"Page {number}", [*links, self.start()], seconds=seconds)

    def _plain(self, path: str, query: object) -> Answer:
        if path == "/":
            return _page("Start", [f"{self.origins[0]}/tree/0", *(f"{origin}/" for origin in self.origins[1:])])
        return _missing()

    def _calendar(self, path: str, query: object) -> Answer:
        """Every day has a page, with links to days before and after it, without end."""
        try:
            day = date.fromisoformat(path.removeprefix("/day/")) if path != "/" else date(2026, 11, 25)
            near = [day + timedelta(days=days) for days in (-365, -30, -7, -1, 1, 7, 30, 365)]
        except (ValueError, OverflowError):
            return _missing()
        return _page(f"{day:%d %B %Y}", [f"/day/{other.isoformat()}" for other in near])

    def _session(self, path: str, query: dict[str, list[str]]) -> Answer:
        """Each answer gives every link a session id that nobody has seen before, in its query or in its path."""
        self._sessions += 1
        new = f"{self._sessions * 2654435761 % 2**32:08x}{self._sessions:08x}"
        links = [f"/item/{number}?PHPSESSID={new}" for number in range(5)]
        return _page(f"Shop {path}", [*links, *(f"/item/{number};jsessionid={new}" for number in range(5, 10))])

    def _deep(self, path: str, query: object) -> Answer:
        """Every folder has a folder, and relative links repeat what is there already."""
        return _page(f"Folder {path}", ["deeper/", "a/b/", f"{path}?page={len(path)}"])

    def _redirects(self, path: str, query: object) -> Answer:
        """Chains of 1 to 24 hops, each tenth of them a loop: a tenth of ``size`` redirects together."""
        if path == "/":
            return _page("Redirects", [f"/go/{chain}" for chain in range(len(self._chains()))])
        kind, _, rest = path.removeprefix("/").partition("/")
        numbers = [int(part) for part in rest.split("/") if part.isdigit()]
        if kind == "end":
            return _page("The end of a chain", [self.start()])
        if kind not in ("go", "hop") or not numbers or numbers[0] >= len(self._chains()):
            return _missing()
        chain, hop = numbers[0], numbers[1] + 1 if kind == "hop" else 0
        if chain % 10 == 9:
            return _redirect(f"/hop/{chain}/{hop % 2}")
        return _redirect(f"/hop/{chain}/{hop}" if hop + 1 < self._chains()[chain] else f"/end/{chain}")

    def _chains(self) -> list[int]:
        lengths: list[int] = []
        while sum(lengths) < self.size // 10:
            lengths.append(len(lengths) * 7 % LONGEST_CHAIN + 1)
        return lengths

    def _slow(self, path: str, query: object) -> Answer:
        if path == "/":
            return _page("Slow", [f"/wait/{number}" for number in range(10)])
        return _page(f"Waited {path}", [], seconds=0.1 * (len(path) % 3))

    def _busy(self, path: str, query: object) -> Answer:
        if path == "/":
            return _page("Busy", [f"/again/{number}" for number in range(6)] + ["/never"])
        return _page(f"Busy {path}", [])

    def _unwilling(self, kind: str, path: str) -> Answer | None:
        """Return what a busy host says the first time, or always; None where it answers."""
        if kind != "busy" or path in ("/", "/favicon.ico", "/robots.txt"):
            return None
        status = 503 if len(path) % 2 else 429
        number = int("".join(filter(str.isdigit, path)) or 0)
        if path != "/never" and (self._asked[f"busy{path}"] > 1 or number % 7 not in (3, 5)):
            return None
        return Answer(b"Later, please.", "text/plain", status, (("Retry-After", str(RETRY_AFTER)),))

    def _robots(self, path: str, query: object) -> Answer:
        """A robots.txt, what it forbids, a sitemap, files, and walls in front of pages."""
        if path == "/robots.txt":
            rules = f"User-agent: *\nDisallow: /private/\nCrawl-delay: {CRAWL_DELAY}\n"
            return Answer(f"{rules}Sitemap: {self.of('robots')}/sitemap.xml\n".encode(), "text/plain")
        if path == "/sitemap.xml":
            listed = "".join(f"<url><loc>{self.of('robots')}/mapped/{number}</loc></url>" for number in range(3))
            space = "http://www.sitemaps.org/schemas/sitemap/0.9"
            return Answer(f'<?xml version="1.0"?><urlset xmlns="{space}">{listed}</urlset>'.encode(), "text/xml")
        if path == "/":
            walls = ["/wall/login", "/wall/captcha", "/wall/moment"]
            files = ["/file/one.pdf", "/file/two.png"]
            return _page("Rules", [f"/private/{number}" for number in range(3)] + ["/public/1", *files, *walls])
        if path.startswith("/file/"):
            return Answer(_PDF, "application/pdf") if path.endswith(".pdf") else Answer(_PIXEL, "image/png")
        return _WALLS.get(path) or (_missing() if path == "/favicon.ico" else _page(f"Page {path}", []))


def _page(title: str, links: Sequence[str], *, seconds: float = 0.0) -> Answer:
    listed = "".join(f'<li><a href="{link}">{link}</a>' for link in links)
    body = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><ul>{listed}</ul>"
    return Answer(body.encode(), seconds=seconds)


def _redirect(location: str) -> Answer:
    return Answer(status=302, headers=(("Location", location),))


def _missing() -> Answer:
    return Answer(b"<!doctype html><title>Not here</title>", status=404)


_WALLS = {
    "/wall/login": Answer(
        b"<!doctype html><title>Log in</title><form method=post action=/login><input name=user>"
        b"<input name=password type=password><button>Log in</button></form>",
        status=401,
    ),
    "/wall/captcha": Answer(
        b"<!doctype html><title>Are you a robot?</title><div class=g-recaptcha data-sitekey=x></div>"
        b"<p>Please verify that you are a human.",
        status=403,
    ),
    "/wall/moment": Answer(
        b"<!doctype html><title>Just a moment...</title><p>Checking your browser before you go on.", status=503
    ),
}
