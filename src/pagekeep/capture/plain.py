"""URLs that probably lead to files are asked for without the browser, once; a page that comes instead is handed to it.

A file is kept as if the browser had met it. Of a page the browser is given what came, so that nobody is asked twice,
unless the server may treat a browser better: then nothing is kept of the try.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from pagekeep.capture.network.addresses import canonical_host
from pagekeep.capture.network.egress import Egress
from pagekeep.capture.network.plain_http import CODINGS, Answer, NotPlain, can_decode, get
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange, Told
from pagekeep.capture.recording.interception import FULFILLED, declared_length
from pagekeep.capture.recording.kinds import FILE_EXTENSIONS, SNIFFED, is_file, looks_like_page
from pagekeep.capture.recording.recorder import NO_BODY, Recorder, leads_on
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.errors import ByteBudgetExceeded, CaptureError, TimeBudgetExceeded
from pagekeep.domain.identity import accept_language
from pagekeep.domain.urls import credentials_of

log = logging.getLogger(__name__)
# As many as browsers follow (WHATWG Fetch, section 4.5).
MAX_REDIRECTS = 20
# Errors that say nothing against who asked.
_HONEST_ERRORS = frozenset({404, 410, 429, 500, 502, 503, 504})
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
# Anything else browsers may write another way before they ask (WHATWG URL, section 4.4).
_PLAIN_PATH = re.compile(r"(?:[!$%&()*+,./0-9:;=?@A-Z_a-z~-]|[^\x00-\xa0\ud800-\udfff])*")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_.-]+(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plain:
    """How the browser asks for documents, as far as servers look at it."""

    request: CaptureRequest
    recorder: Recorder
    egress: Egress
    user_agent: str
    folder: Path | None = None

    @property
    def is_tried(self) -> bool:
        """Whether the URL probably leads to a file that any browser is given."""
        url = self.request.url
        if self.request.identity.has_secrets or credentials_of(url) or _as_browsers_write(url) is None:
            return False
        if self.request.known:
            return True
        ending = urlsplit(url).path.rpartition("/")[2].rpartition(".")
        return bool(ending[0]) and ending[2].lower() in FILE_EXTENSIONS

    async def fetch(self) -> bool:
        """Ask, and record the answer where it is no page; return whether that is all there is to do.

        Else the browser goes on, with what came if that is its affair.

        Raises:
            CaptureError: the server cannot be reached, or does not answer in time.
        """
        seconds, url = self.request.limits.open, _as_browsers_write(self.request.url)
        passed: list[Exchange] = []
        try:
            async with asyncio.timeout(seconds) as deadline:
                while url is not None and len(passed) <= MAX_REDIRECTS:
                    async with self._ask(url) as answer:
                        exchange = self._exchange(url, answer)
                        if not leads_on(exchange):
                            deadline.reschedule(None)
                            return await self._take(exchange, answer, passed)
                    passed.append(exchange)
                    url = self._next(exchange)
        except TimeoutError as late:
            why = self._refusal(url or "") or f"The page did not open within {seconds:g} seconds."
            raise TimeBudgetExceeded(why) from late
        except NotPlain as error:
            if refusal := self._refusal(url or ""):
                raise CaptureError(refusal) from error
        return False

    def _ask(self, url: str) -> AbstractAsyncContextManager[Answer]:
        return get(url, self._headers(url), self.egress, check_certificates=self.request.check_certificates)

    async def _take(self, exchange: Exchange, answer: Answer, passed: Sequence[Exchange]) -> bool:
        """Read what a response holds, if it is for us; return whether it was a file."""
        if exchange.status == 304 and self._conditions(exchange.url):
            return await self._take_known(exchange, passed)
        if not _is_for_anyone(exchange) or not can_decode(answer):
            return False
        file = is_file(exchange) if exchange.status not in NO_BODY else True
        limits = self.request.limits
        try:
            async with asyncio.timeout(limits.download if file else limits.open):
                await self._read(exchange, answer, limits.download_size if file else min(limits.body, FULFILLED))
        except TimeoutError:
            exchange.truncated = "time"
        except ByteBudgetExceeded:
            exchange.body.clear()
            exchange.truncated = "length"
        except NotPlain:
            exchange.truncated = "disconnect"
        if file is None and not exchange.truncated:
            file = bool(exchange.body) and not looks_like_page(exchange.body.start(SNIFFED))
        if file:
            self.recorder.keep_back([*passed, exchange])
        elif not exchange.truncated:
            self.recorder.hand_over([*passed, exchange])
        return bool(file)

    async def _take_known(self, exchange: Exchange, passed: Sequence[Exchange]) -> bool:
        """Take what was kept before in the place of what the server did not send again; ask for it if that has gone."""
        known = self.request.known
        unchanged = await asyncio.to_thread(known.load, self.folder) if known else None
        if unchanged is None:
            return await replace(self, request=replace(self.request, known=None)).fetch()
        exchange.revisits = unchanged.original
        self.recorder.unchanged = unchanged
        self.recorder.keep_back([*passed, exchange])
        return True

    def _conditions(self, url: str) -> list[tuple[str, str]]:
        """Return what is asked of a URL only if it has changed; nothing where what is known came from elsewhere."""
        known = self.request.known
        fits = known and known.url == url and known.file.stored.size <= self.request.limits.download_size
        return known.conditions() if known and fits else []

    async def _read(self, exchange: Exchange, answer: Answer, limit: int) -> None:
        if declared_length(exchange) > limit:
            raise ByteBudgetExceeded
        async for piece in answer.body():
            if exchange.body.size + len(piece) > limit:
                raise ByteBudgetExceeded
            try:
                exchange.body.write(piece)
            except OSError as error:
                log.warning("A file could not be kept meanwhile in the temporary folder: %s", error)
                exchange.body.clear()
                exchange.truncated = "unspecified"
                return

    def _headers(self, url: str) -> list[tuple[str, str]]:
        agent = self.request.identity.user_agent or self.user_agent
        if not agent.isprintable() or not agent.isascii():
            raise NotPlain("Only the browser knows what to make of this User-Agent.")
        # What only secure origins are told (Fetch Metadata, section 2).
        told = (("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
        return [
            ("Upgrade-Insecure-Requests", "1"),
            ("User-Agent", agent),
            ("Accept", _ACCEPT),
            *(told if url.startswith("https:") else ()),
            ("Accept-Encoding", CODINGS),
            ("Accept-Language", accept_language(self.request.identity.languages)),
            *self._conditions(url),
        ]

    def _exchange(self, url: str, answer: Answer) -> Exchange:
        now, told = datetime.now(UTC), Told()
        told.started = now.timestamp()
        if answer.secured:
            told.security = {"protocol": answer.secured.protocol, "cipher": answer.secured.cipher}
            told.chain = answer.secured.chain
        secrecy = self.request.secrecy
        return Exchange(
            url=secrecy.url(url),
            method="GET",
            request_headers=secrecy.headers(answer.sent),
            request_body=b"",
            status=answer.status,
            reason=answer.reason,
            response_headers=answer.headers,
            body=Body(self.folder),
            resource_type="Document",
            time=now,
            protocol=answer.protocol,
            told=told,
        )

    def _next(self, exchange: Exchange) -> str | None:
        """Return where a redirect leads; None where only the browser can follow it: it has no cookies here."""
        if exchange.header("set-cookie") or not exchange.header("location").isascii():
            return None
        try:
            target = urljoin(exchange.url, exchange.header("location"))
        except ValueError:
            return None
        return _as_browsers_write(target)

    def _refusal(self, url: str) -> str | None:
        parts = urlsplit(url)
        return self.egress.refusal(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def _is_for_anyone(exchange: Exchange) -> bool:
    """Return whether a browser would hardly be told anything else."""
    plainly = 200 <= exchange.status < 300 or exchange.status in _HONEST_ERRORS
    return plainly and not exchange.header("cf-mitigated")


def _as_browsers_write(url: str) -> str | None:
    """Return a URL as browsers ask for it, without its fragment; None where that takes more than we know."""
    try:
        parts = urlsplit(url.partition("#")[0])
        number = parts.port
    except ValueError:
        return None
    scheme, netloc = parts.scheme.lower(), parts.netloc.lower()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    plain = _HOST.fullmatch(netloc) and _PLAIN_PATH.fullmatch(path) and not _DOTS.search(parts.path)
    if scheme not in ("http", "https") or not plain or canonical_host(parts.hostname or "") != parts.hostname:
        return None
    port = f":{number}" if number is not None and number != {"http": 80, "https": 443}[scheme] else ""
    return f"{scheme}://{parts.hostname}{port}{quote(path, safe=_ASCII)}"
