"""Records every HTTP exchange of a visit as the browser makes it.

Responses are intercepted (CDP ``Fetch``, response stage) rather than listened to: that also sees worker scripts, their
requests and aborted ones. ``network_log`` adds what interception lacks: the headers as sent, the protocol.
"""

import asyncio
import base64
import re
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from pagekeep.capture.chromium.devtools import DevToolsError, Params, Session
from pagekeep.capture.content_policy import NAMES as POLICY_HEADERS
from pagekeep.capture.content_policy import relax
from pagekeep.capture.exchange import Exchange, header_pairs, without_secrets
from pagekeep.capture.network_log import NetworkLog
from pagekeep.capture.values import Limits

AT_REQUEST = {"urlPattern": "http*", "requestStage": "Request"}
# How our own scripts ask for what a page named but did not load.
OUR_REQUESTS = frozenset({"Fetch", "XHR"})
DOCUMENT_AT_REQUEST = AT_REQUEST | {"resourceType": "Document"}
AT_RESPONSE = {"urlPattern": "http*", "requestStage": "Response"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_BODY = frozenset({204, 205, 304})
# They may never end; what they send is not read here.
STREAMS = ("text/event-stream", "multipart/x-mixed-replace")


class Recorder:
    """Collects the exchanges of one visit."""

    def __init__(self, limits: Limits) -> None:
        self.exchanges: list[Exchange] = []
        self.left_out: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.log = NetworkLog()
        self._limits = limits
        self._size = 0
        self._by_url: dict[str, Exchange] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._sessions: list[Session] = []
        self._replaying = self._closed = False
        self._held_frame = ""

    def watch(self, session: Session) -> None:
        """Record what this target (page, frame or worker) requests from now on."""
        session.on("Fetch.requestPaused", lambda event: self._paused(session, event))
        self.log.watch(session)
        session.on("Network.loadingFailed", self._failed)
        session.post("Fetch.enable", patterns=[AT_RESPONSE])
        self._sessions.append(session)

    def answer_from_recording(self) -> None:
        """From now on, what was recorded is answered from the recording and does not reach the origin again.

        Nor does what the page would embed only now, because an output changes its layout: nobody has seen that.
        """
        if self._replaying:
            return
        self._replaying = True
        for session in self._sessions:
            session.post("Fetch.enable", patterns=[AT_REQUEST, AT_RESPONSE])

    def close(self) -> None:
        """From now on nothing new reaches the origin: what the page may still ask for is an afterthought."""
        self._closed = True

    def find(self, url: str) -> Exchange | None:
        """Return the recorded answer to a GET of ``url`` (its fragment ignored), following recorded redirects."""
        for _ in range(10):
            exchange = self._by_url.get(url.split("#")[0])
            if exchange is None or exchange.status not in REDIRECTS:
                return exchange
            url = urljoin(exchange.url, exchange.header("location"))
        return None

    def main_responses(self, frame_id: str) -> list[Exchange]:
        """Return the documents this frame was given, redirects included, in order."""
        return [e for e in self.exchanges if e.resource_type == "Document" and e.frame_id == frame_id]

    def add(self, exchange: Exchange) -> None:
        """Take in one exchange, made by interception or by hand."""
        if self._size + len(exchange.body) > self._limits.visit:
            exchange.truncated, exchange.body = "length", b""
            self.left_out["the body of a response beyond what a visit may hold"] += 1
        self._size += len(exchange.body)
        self.exchanges.append(exchange)
        if exchange.method == "GET" and not exchange.truncated:
            self._by_url.setdefault(exchange.url.split("#")[0], exchange)

    @property
    def busy(self) -> bool:
        """Whether bodies are being read."""
        return bool(self._tasks)

    async def finish(self, seconds: float) -> None:
        """Wait until the bodies now being read are in, at most ``seconds``; then stop reading them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        unfinished = tuple(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        self.complete()

    def complete(self) -> None:
        """Give the exchanges recorded so far their headers as they were on the wire."""
        self.log.complete(self.exchanges)

    def hold(self, frame_id: str) -> None:
        """From now on this frame keeps its document: it may not navigate while outputs are made of it."""
        self._held_frame = frame_id
        for session in self._sessions:
            session.post("Fetch.enable", patterns=[DOCUMENT_AT_REQUEST, AT_RESPONSE])

    def _paused(self, session: Session, event: Params) -> None:
        request_id = event["requestId"]
        status = event.get("responseStatusCode")
        if status is None:
            # Not sent yet, or failed before any response: the page sees the failure, there is nothing to record.
            self._before_response(session, event)
            return
        exchange = _exchange(event, status)
        if status in REDIRECTS or status in NO_BODY or exchange.method == "HEAD":
            self.add(exchange)
            session.post("Fetch.continueRequest", requestId=request_id)
        elif exchange.mimetype in STREAMS:
            self._without_body(exchange, "the body of an endless stream")
            session.post("Fetch.continueRequest", requestId=request_id)
        elif _declared_length(exchange) > self._limits.body:
            self._without_body(exchange, "the body of a response larger than the limit")
            session.post("Fetch.continueRequest", requestId=request_id)
        else:
            task = asyncio.get_running_loop().create_task(self._read(session, request_id, exchange))
            self._tasks[task] = exchange.request_id
            task.add_done_callback(self._tasks.pop)

    def _before_response(self, session: Session, event: Params) -> None:
        request_id, request = event["requestId"], event["request"]
        not_sent = "responseErrorReason" not in event
        self.unanswered.update(() if not_sent else (urlsplit(request["url"]).hostname or "",))
        leaves = event.get("resourceType") == "Document" and event.get("frameId") == self._held_frame
        known = self.find(request["url"]) if self._replaying and not_sent and request["method"] == "GET" else None
        if not_sent and leaves:
            session.post("Fetch.failRequest", requestId=request_id, errorReason="Aborted")
        elif known:
            session.post("Fetch.fulfillRequest", requestId=request_id, **_replay(known))
        elif not_sent and self._replaying and (self._closed or event.get("resourceType") not in OUR_REQUESTS):
            session.post("Fetch.failRequest", requestId=request_id, errorReason="BlockedByClient")
        else:
            session.post("Fetch.continueRequest", requestId=request_id)

    async def _read(self, session: Session, request_id: str, exchange: Exchange) -> None:
        try:
            answer = await session.call("Fetch.getResponseBody", requestId=request_id)
            body = answer["body"]
            exchange.body = base64.b64decode(body) if answer["base64Encoded"] else body.encode()
            if len(exchange.body) > self._limits.body:
                self._without_body(exchange, "the body of a response larger than the limit")
            else:
                if _is_cut_short(exchange):
                    exchange.truncated = "disconnect"
                    self.left_out["only the beginning of a response that broke off"] += 1
                self.add(exchange)
        except DevToolsError:
            # The connection broke off, or the page went away while the body came.
            self._without_body(exchange, "the body of a response that broke off", "disconnect")
        except asyncio.CancelledError:
            self._without_body(exchange, "the body of a response that did not end", "time")
            raise
        finally:
            # Handed over by us where the browser would wait for the rest, or enforce policies that stop our scripts.
            if exchange.body and (exchange.truncated or _has_policy(exchange)):
                session.post("Fetch.fulfillRequest", requestId=request_id, **_replay(exchange))
            else:
                session.post("Fetch.continueRequest", requestId=request_id)

    def _without_body(self, exchange: Exchange, why: str, truncated: str = "length") -> None:
        exchange.body, exchange.truncated = b"", truncated
        self.left_out[why] += 1
        self.add(exchange)

    def _failed(self, event: Params) -> None:
        """The page gave a request up: what was not read of its body will not come."""
        for task, request_id in self._tasks.items():
            if request_id == event["requestId"]:
                task.cancel()


def _exchange(event: Params, status: int) -> Exchange:
    request = event["request"]
    return Exchange(
        url=request["url"].split("#")[0],
        method=request["method"],
        request_headers=without_secrets(request["headers"].items()),
        request_body=_post_data(request),
        status=status,
        reason=event.get("responseStatusText", ""),
        response_headers=header_pairs((h["name"], h["value"]) for h in event.get("responseHeaders", ())),
        body=b"",
        resource_type=event.get("resourceType", "Other"),
        time=datetime.now(UTC),
        request_id=event.get("networkId", ""),
        frame_id=event.get("frameId", ""),
    )


def _is_cut_short(exchange: Exchange) -> bool:
    return not exchange.header("content-encoding") and len(exchange.body) < _declared_length(exchange)


def _has_policy(exchange: Exchange) -> bool:
    return any(name.lower() in POLICY_HEADERS for name, _ in exchange.response_headers)


def _replay(exchange: Exchange) -> Params:
    """Return the parameters of ``Fetch.fulfillRequest`` that answer as the origin did, policies relaxed."""
    dropped = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [
        {"name": n, "value": relax(v) if n.lower() in POLICY_HEADERS else v}
        for n, v in exchange.response_headers
        if n.lower() not in dropped and n[:1] != ":"
    ]
    return {
        "responseCode": exchange.status,
        "responseHeaders": headers,
        "body": base64.b64encode(exchange.body).decode(),
    }


def _post_data(request: Params) -> bytes:
    if entries := request.get("postDataEntries"):
        return b"".join(base64.b64decode(entry["bytes"]) for entry in entries if "bytes" in entry)
    return str(request.get("postData", "")).encode()


def _declared_length(exchange: Exchange) -> int:
    value = exchange.header("content-length").strip()
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0
