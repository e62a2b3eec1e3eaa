"""What the browser tells of its requests beside the interception: headers as on the wire, protocol, times, TLS."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pagekeep.capture.chromium.devtools import Params, Session
from pagekeep.capture.recording.exchange import Exchange, Headers, Told, header_pairs
from pagekeep.capture.recording.secrecy import Secrecy


@dataclass(slots=True)
class _Extra:
    """What ``Network`` says about a request; redirects share one id, so each kind is a list in order of arrival."""

    requests: list[Headers] = field(default_factory=list)
    responses: list[tuple[int, Headers]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


class NetworkLog:
    """The events of the ``Network`` domain of every target of one visit, by request id."""

    def __init__(self, secrecy: Secrecy) -> None:
        self._secrecy = secrecy
        self._extra: dict[str, _Extra] = {}
        self._protocols: dict[str, str] = {}

    def watch(self, session: Session) -> None:
        """Listen to a target; ``Network.enable`` is sent by who owns the session."""
        session.on("Network.requestWillBeSentExtraInfo", self._request_extra)
        session.on("Network.responseReceivedExtraInfo", self._response_extra)
        session.on("Network.requestWillBeSent", self._request)
        session.on("Network.responseReceived", self._response)
        session.on("Network.loadingFinished", self._ended)

    def complete(self, exchanges: Iterable[Exchange]) -> None:
        """Give exchanges, in their order, the headers as they were on the wire, where the browser told them."""
        turns: Counter[str] = Counter()
        for exchange in exchanges:
            extra = self._extra.get(exchange.request_id)
            turn = turns[exchange.request_id]
            turns[exchange.request_id] += 1
            if extra is None:
                continue
            if turn < len(extra.requests):
                exchange.request_headers = extra.requests[turn]
            if turn < len(extra.responses):
                status, headers = extra.responses[turn]
                # After a 304 the browser shows the answer it had, whose headers the interception tells.
                if status == exchange.status:
                    exchange.response_headers = headers
            if turn < len(extra.told):
                exchange.told = extra.told[turn]
            if turn < len(extra.starts):
                exchange.told.started = extra.starts[turn]
            exchange.protocol = exchange.protocol or self._protocols.get(exchange.request_id, "")

    def _request_extra(self, event: Params) -> None:
        self._extra_of(event["requestId"]).requests.append(self._secrecy.headers(event["headers"].items()))

    def _response_extra(self, event: Params) -> None:
        self._extra_of(event["requestId"]).responses.append(
            (event["statusCode"], header_pairs(event["headers"].items()))
        )

    def _request(self, event: Params) -> None:
        if not event["request"]["url"].startswith("http"):
            return
        extra = self._extra_of(event["requestId"])
        extra.starts.append(event["wallTime"])
        if "redirectResponse" in event:
            extra.told.append(_told(event["redirectResponse"]))

    def _response(self, event: Params) -> None:
        self._protocols[event["requestId"]] = event["response"].get("protocol", "")
        self._extra_of(event["requestId"]).told.append(_told(event["response"]))

    def _ended(self, event: Params) -> None:
        told = self._extra_of(event["requestId"]).told
        if told:
            told[-1].ended, told[-1].size = event["timestamp"], event["encodedDataLength"]

    def _extra_of(self, request_id: str) -> _Extra:
        return self._extra.setdefault(request_id, _Extra())


def _told(response: Params) -> Told:
    return Told(
        timing=response.get("timing", {}),
        security=response.get("securityDetails", {}),
        connection=str(response.get("connectionId", "") or ""),
        head_size=response.get("encodedDataLength"),
    )
