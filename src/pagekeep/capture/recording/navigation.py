"""How the page came from one address to the next by itself: refreshes, scripts, routes; and when it was loaded."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pagekeep.capture.chromium.devtools import Params, Session

# DevTools protocol, Page.ClientNavigationReason; what is not named here is a script's doing.
KINDS = {
    "metaTagRefresh": "meta-refresh",
    "httpHeaderRefresh": "header-refresh",
    "formSubmissionGet": "form",
    "formSubmissionPost": "form",
    "reload": "reload",
}
ROUTES = {"fragment": "fragment", "historyApi": "route"}
# A page may lead on, and change its address, as often and as long as it likes.
MAX_HOPS = 100
LONGEST_URL = 1 << 16


@dataclass(frozen=True, slots=True)
class Hop:
    """One way from an address to the next that no server asked for."""

    kind: str
    url: str
    to: str
    time: datetime


class NavigationLog:
    """The hops of a page's main frame, and the times of its newest document.

    Attributes:
        hops: in order, at most :data:`MAX_HOPS`.
        left_out: how many more there were.
        parsed_at: when the document was parsed (seconds of the browser's clock), None if it was not.
        loaded_at: the same, with all its parts.
    """

    def __init__(self, frame_id: str) -> None:
        self.hops: list[Hop] = []
        self.left_out = 0
        self.parsed_at: float | None = None
        self.loaded_at: float | None = None
        self._frame_id = frame_id
        self._url = ""
        self._asked: tuple[str, str, datetime] | None = None
        self._started: tuple[str, Hop] | None = None
        self._closed = False

    def watch(self, session: Session) -> None:
        """Listen to the page's own session; ``Page.enable`` is sent by who owns it."""
        session.on("Page.frameRequestedNavigation", self._requested)
        session.on("Page.frameStartedNavigating", self._navigating)
        session.on("Page.frameNavigated", self._navigated)
        session.on("Page.navigatedWithinDocument", self._routed)
        session.on("Page.domContentEventFired", self._parsed)
        session.on("Page.loadEventFired", self._loaded)

    def close(self) -> None:
        """The visit has arrived: what the page does from now on is no part of the way."""
        self._closed = True

    def _requested(self, event: Params) -> None:
        if event["frameId"] == self._frame_id:
            self._asked = (KINDS.get(event["reason"], "script"), event["url"], datetime.now(UTC))

    def _navigating(self, event: Params) -> None:
        if event["frameId"] != self._frame_id or event["navigationType"] == "sameDocument":
            return
        # What the page asked for and never came to is no hop.
        kind, url, time = self._asked or ("", "", None)
        if time and url == event["url"]:
            self._started = (event["loaderId"], Hop(kind, self._url, url[:LONGEST_URL], time))
            self._asked = None

    def _navigated(self, event: Params) -> None:
        frame = event["frame"]
        if frame["id"] != self._frame_id:
            return
        if self._started and self._started[0] == frame["loaderId"]:
            self._add(self._started[1])
        self._started = None
        self._url = (frame.get("unreachableUrl") or frame["url"] + frame.get("urlFragment", ""))[:LONGEST_URL]
        self.parsed_at = self.loaded_at = None

    def _routed(self, event: Params) -> None:
        url = event["url"][:LONGEST_URL]
        if event["frameId"] == self._frame_id and url != self._url:
            self._add(Hop(ROUTES.get(event.get("navigationType", ""), "route"), self._url, url, datetime.now(UTC)))
            self._url = url

    def _parsed(self, event: Params) -> None:
        self.parsed_at = event["timestamp"]

    def _loaded(self, event: Params) -> None:
        self.loaded_at = event["timestamp"]

    def _add(self, hop: Hop) -> None:
        if self._closed:
            return
        if len(self.hops) < MAX_HOPS:
            self.hops.append(hop)
        else:
            self.left_out += 1
