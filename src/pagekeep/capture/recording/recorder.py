"""Records every HTTP exchange of a visit as the browser makes it.

Responses are intercepted (CDP ``Fetch``, response stage) rather than listened to: that also sees worker scripts, their
requests and aborted ones. ``network_log`` adds what interception lacks: the headers as sent, the protocol.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from pagekeep.capture.chromium.devtools import DevToolsError, Params, Session
from pagekeep.capture.known_file import Unchanged
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.interception import (
    FULFILLED,
    answer,
    declared_length,
    exchange_of,
    has_policy,
    is_cut_short,
    is_read_at_once,
    proceed,
    read_body,
    refuse,
)
from pagekeep.capture.recording.kinds import SNIFFED, STREAM_TYPES, is_file, looks_like_page
from pagekeep.capture.recording.live_streams import LiveStreams
from pagekeep.capture.recording.logins import Logins
from pagekeep.capture.recording.network_log import NetworkLog
from pagekeep.capture.recording.unpaused import Unpaused, read_kept
from pagekeep.capture.recording.websockets import WebSockets
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.errors import BrowserDied, ByteBudgetExceeded

log = logging.getLogger(__name__)
AT_REQUEST = {"urlPattern": "http*", "requestStage": "Request"}
# How our own scripts ask for what a page named but did not load.
OUR_REQUESTS = frozenset({"Fetch", "XHR"})
AT_RESPONSE = {"urlPattern": "http*", "requestStage": "Response"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_BODY = frozenset({204, 205, 304})
PARTIAL = 206
# What is missing of an exchange that is not whole, by its ``truncated``.
INCOMPLETE = {
    "disconnect": "only the beginning of a response that broke off",
    "length": "a response larger than the limit",
    "time": "the rest of a response that did not end",
    "unspecified": "a response for which the temporary folder had no room",
}
LOADED_AHEAD = "the body of a response the browser loaded ahead"


class Recorder:
    """Collects the exchanges of one visit.

    Attributes:
        left_out: what the recording lacks, and how often.
        unanswered: requests that failed before any response, by host.
        main_frame_id: the frame whose documents are the page.
        kept_back: the main response where it is a file and no page: the browser is not given it.
        unchanged: what an earlier snapshot keeps, where the server says that it is still the same.
    """

    def __init__(self, request: CaptureRequest, folder: Path | None = None) -> None:
        """Begin with nothing recorded.

        Args:
            folder: where large bodies are kept meanwhile; the system's temporary folder by default.
        """
        self.exchanges: list[Exchange] = []
        self.left_out: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.log = NetworkLog(request.secrecy)
        self.sockets = WebSockets(request.secrecy)
        self.streams = LiveStreams()
        self.main_frame_id = ""
        self.kept_back: Exchange | None = None
        self.unchanged: Unchanged | None = None
        self._folder, self._secrecy = folder, request.secrecy
        self._unpaused = Unpaused(
            lambda session, exchange: self._begin(self._read_kept(session, exchange), exchange), folder, request.secrecy
        )
        self._logins = Logins(request.url)
        self._limits = request.limits
        self._size = 0
        self._by_url: dict[str, Exchange] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._sessions: list[Session] = []
        self._completed_by: dict[str, Mapping[str, str]] = {}
        self._holding = self._closed = False
        self._fetched: dict[str, Exchange] = {}

    def watch(self, session: Session, completed_by: Mapping[str, str] | None = None) -> None:
        """Record what this target (page, frame or worker) requests from now on.

        Args:
            completed_by: headers that its requests are given where they lack them.
        """
        if completed_by:
            self._completed_by[session.id] = completed_by
        session.on("Fetch.requestPaused", lambda event: self._paused(session, event))
        self.log.watch(session)
        self.streams.watch(session)
        self.sockets.watch(session)
        self._unpaused.watch(session)
        session.on("Network.loadingFailed", self._failed)
        session.on("Fetch.authRequired", lambda event: self._logins.answer(session, event))
        # The browser asks for passwords only where it paused the request as well.
        early = self._logins.any or completed_by or self._fetched
        self._intercept(session, *([AT_REQUEST] if early else []), AT_RESPONSE)
        self._sessions.append(session)

    def close(self) -> None:
        """From now on nothing new reaches the origin: what the page may still ask for is an afterthought."""
        self._closed = True

    def find(self, url: str) -> Exchange | None:
        """Return the recorded answer to a GET of ``url`` (its fragment ignored), following recorded redirects."""
        for _ in range(10):
            exchange = self._by_url.get(self._secrecy.url(url.split("#")[0]))
            if exchange is None or not leads_on(exchange):
                return exchange
            url = urljoin(exchange.url, exchange.header("location"))
        return None

    def main_responses(self, frame_id: str) -> list[Exchange]:
        """Return the documents this frame was given, redirects included, in order."""
        return [e for e in self.exchanges if e.resource_type == "Document" and e.frame_id == frame_id]

    def keep_back(self, way: Sequence[Exchange]) -> None:
        """Take in what was fetched without the browser: redirects, and the file or the empty answer they led to."""
        for exchange in way:
            self.add(exchange)
        if exchange.truncated:
            self.left_out[INCOMPLETE[exchange.truncated]] += 1
        self.kept_back = exchange if exchange.status not in NO_BODY else exchange.revisits

    def hand_over(self, way: Iterable[Exchange]) -> None:
        """Give the page what was fetched without it when it asks for that: redirects, and the document they led to."""
        self._fetched = {exchange.url: exchange for exchange in way}

    def add(self, exchange: Exchange) -> None:
        """Take in one exchange, made by interception or by hand."""
        if self._size + exchange.body.size > self._limits.visit and not self._is_main(exchange):
            exchange.body.clear()
            exchange.truncated = "length"
            self.left_out["the body of a response beyond what a visit may hold"] += 1
        self._size += exchange.body.size
        self.exchanges.append(exchange)
        if exchange.method == "GET" and not exchange.truncated and exchange.status != PARTIAL:
            self._by_url.setdefault(exchange.url.split("#")[0], exchange)

    @property
    def busy(self) -> bool:
        """Whether bodies are being read."""
        return bool(self._tasks)

    async def finish(self, seconds: float) -> None:
        """Wait until the bodies now being read are in, at most ``seconds``; then stop reading them, live ones too."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        unfinished = tuple(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        self.streams.stop()
        self.complete()

    def complete(self) -> None:
        """Give the exchanges recorded so far their headers as they were on the wire, as far as they may be kept."""
        self.log.complete(self.exchanges)
        for exchange in self.exchanges:
            exchange.request_headers = self._secrecy.headers(exchange.request_headers)
            exchange.response_headers = self._secrecy.headers(exchange.response_headers)

    def hold(self) -> None:
        """From now on the page stays as it is, while outputs are made of it: nothing of it is loaded a second time.

        It may not go to another document. What was recorded is answered from the recording, and what it would embed
        only now, because an output changes its layout, nobody has seen: that does not reach the origin.
        """
        self._holding = True
        for session in self._sessions:
            self._intercept(session, AT_REQUEST, AT_RESPONSE)

    def _intercept(self, session: Session, *patterns: Params) -> None:
        session.post("Fetch.enable", patterns=patterns, handleAuthRequests=self._logins.any)

    def _paused(self, session: Session, event: Params) -> None:
        self._unpaused.paused(event.get("networkId", ""))
        if event.get("responseStatusCode") is None:
            # Not sent yet, or failed before any response: the page sees the failure, there is nothing to record.
            self._before_response(session, event)
            return
        request_id, exchange = event["requestId"], exchange_of(event, self._folder, self._secrecy)
        if leads_on(exchange) or exchange.status in NO_BODY or exchange.method == "HEAD":
            self.add(exchange)
            proceed(session, request_id)
        elif exchange.mimetype in STREAM_TYPES and not self._is_main(exchange):
            self.streams.follow(exchange, self._limits.body)
            self.add(exchange)
            proceed(session, request_id)
        else:
            self._begin(self._read(session, request_id, exchange), exchange)

    def _begin(self, reading: Coroutine[None, None, None], exchange: Exchange) -> None:
        task = asyncio.get_running_loop().create_task(reading)
        self._tasks[task] = exchange.request_id
        task.add_done_callback(self._tasks.pop)

    def _before_response(self, session: Session, event: Params) -> None:
        request_id, request = event["requestId"], event["request"]
        if "responseErrorReason" in event:
            self.unanswered[urlsplit(request["url"]).hostname or ""] += 1
            proceed(session, request_id)
        elif self._fetched and self._is_for_page(event):
            self._give_fetched(session, event)
        elif not self._holding:
            proceed(session, request_id, _lacking(request["headers"], self._completed_by.get(session.id)))
        elif self._is_for_page(event):
            refuse(session, request_id, "Aborted")
        elif request["method"] == "GET" and (known := self.find(request["url"])):
            # What it set was set when it came; as it may be kept, cookies have no values any more.
            answer(session, request_id, known, cookies=False)
        elif self._closed or event.get("resourceType") not in OUR_REQUESTS:
            refuse(session, request_id, "BlockedByClient")
        else:
            proceed(session, request_id)

    def _give_fetched(self, session: Session, event: Params) -> None:
        """Answer the page with what was fetched, as long as it asks for that."""
        request_id, request = event["requestId"], event["request"]
        exchange = self._fetched.pop(request["url"].split("#")[0], None)
        if exchange is None or request["method"] != "GET":
            self._fetched.clear()
            proceed(session, request_id)
        else:
            exchange.frame_id = self.main_frame_id
            self.add(exchange)
            answer(session, request_id, exchange)
        if not self._fetched and not self._logins.any:
            self._intercept(session, AT_RESPONSE)

    def _is_for_page(self, event: Params) -> bool:
        return event.get("resourceType") == "Document" and event.get("frameId") == self.main_frame_id

    async def _read(self, session: Session, request_id: str, exchange: Exchange) -> None:
        """Read a body and let the browser go on with it; a file that is no page is kept from the browser."""
        main = self._is_main(exchange)
        file = is_file(exchange) if main else False
        limit = self._limits.download_size if file else self._limits.body
        held = is_read_at_once(exchange, limit)
        if file:
            self.kept_back = exchange
        elif main and not held:
            limit = min(limit, FULFILLED)
        try:
            if declared_length(exchange) > limit and (file or not main):
                held = True
                raise ByteBudgetExceeded
            await read_body(session, request_id, exchange, limit, at_once=held)
            if is_cut_short(exchange):
                self._incomplete(exchange, INCOMPLETE["disconnect"], "disconnect")
        except ByteBudgetExceeded:
            # Of a page its beginning is better than nothing; of anything else it is nothing.
            if file or not main:
                exchange.body.clear()
            self._incomplete(exchange, INCOMPLETE["length"], "length")
        except (DevToolsError, BrowserDied):
            # The connection broke off, or the page or all of the browser went away while the body came.
            self._incomplete(exchange, "the rest of a response that broke off", "disconnect")
        except OSError as error:
            log.warning("A response could not be kept meanwhile in the temporary folder: %s", error)
            exchange.body.clear()
            self._incomplete(exchange, INCOMPLETE["unspecified"], "unspecified")
        except asyncio.CancelledError:
            self._incomplete(exchange, INCOMPLETE["time"], "time")
            raise
        finally:
            self.add(exchange)
            if file is None:
                file = bool(exchange.body) and not looks_like_page(exchange.body.start(SNIFFED))
            if main and file:
                self.kept_back = exchange
                refuse(session, request_id, "Aborted")
            else:
                _hand_over(session, request_id, exchange, held=held)

    async def _read_kept(self, session: Session, exchange: Exchange) -> None:
        """Read the body of a response that was not paused, where the browser still has it."""
        try:
            await read_kept(session, exchange)
        except DevToolsError:
            self._incomplete(exchange, LOADED_AHEAD, "unspecified")
        except asyncio.CancelledError:
            self._incomplete(exchange, LOADED_AHEAD, "unspecified")
            raise
        finally:
            self.add(exchange)

    def _is_main(self, exchange: Exchange) -> bool:
        return exchange.resource_type == "Document" and exchange.frame_id == self.main_frame_id

    def _incomplete(self, exchange: Exchange, what: str, truncated: str) -> None:
        exchange.truncated = truncated
        self.left_out[what] += 1

    def _failed(self, event: Params) -> None:
        """The page gave a request up: what was not read of its body will not come."""
        for task, request_id in self._tasks.items():
            if request_id == event["requestId"]:
                task.cancel()


def leads_on(exchange: Exchange) -> bool:
    """Return whether browsers follow this answer to another address; without one they show its body."""
    return exchange.status in REDIRECTS and bool(exchange.header("location"))


def _lacking(headers: Mapping[str, str], wanted: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return the headers with those wanted that are not there; None where nothing is to be changed."""
    names = {name.lower() for name in headers}
    added = {name: value for name, value in (wanted or {}).items() if name.lower() not in names}
    # Cookies the browser adds by itself.
    return {name: value for name, value in headers.items() if name.lower() != "cookie"} | added if added else None


def _hand_over(session: Session, request_id: str, exchange: Exchange, *, held: bool) -> None:
    """Let the browser go on with a response.

    Args:
        held: the browser has the body. We give it all the same where the browser would wait for the rest, or enforce
            policies that stop our scripts.
    """
    if held and not (exchange.body and (exchange.truncated or has_policy(exchange))):
        proceed(session, request_id)
    elif exchange.body or not exchange.truncated:
        answer(session, request_id, exchange)
    else:
        refuse(session, request_id, "Failed")
