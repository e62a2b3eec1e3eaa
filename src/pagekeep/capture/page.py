"""One page of one visit: its targets and frames, what it is loading, and the scripts we run in it."""

import asyncio
import functools
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pagekeep.capture.chromium.devtools import Connection, DevToolsError, Params, Session
from pagekeep.capture.chromium.emulation import Emulation
from pagekeep.capture.recording.console_log import ConsoleLog
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.navigation import NavigationLog
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.targets import AUTO_ATTACH, Targets
from pagekeep.domain.errors import CaptureError

# Our scripts run beside the page's own, where the page cannot redefine what they use.
WORLD = "pagekeep"
# Requests that may last for ever without the page being unfinished.
ENDLESS = frozenset({"EventSource", "WebSocket", "Ping", "Media", "Prefetch", "CSPViolationReport"})
FRAMES = frozenset({"page", "iframe"})
FETCH_SECONDS = 5.0
AT_PAGE = [{"type": "iframe"}, {"type": "worker"}, {"type": "service_worker"}, {"exclude": True}]

Opener = Callable[[], Awaitable[tuple[str, Session]]]


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of the page and the session that reaches it."""

    session: Session
    id: str
    url: str


class Page:
    """A page in a browser context of its own. Create with :meth:`open`."""

    def __init__(
        self,
        connection: Connection,
        opener: Opener,
        target_id: str,
        session: Session,
        recorder: Recorder,
        emulation: Emulation,
    ):
        self.session = session
        self.main_frame_id = target_id
        self.recorder = recorder
        recorder.main_frame_id = target_id
        self.navigation = NavigationLog(target_id)
        self.console = ConsoleLog(target_id)
        self.loaded = asyncio.Event()
        self.parsed = asyncio.Event()
        self.dialogs: list[str] = []
        self.restless = False
        self.crashed = False
        self.document_id = ""
        self.unreachable_url = ""
        self.last_request = time.monotonic()
        self._connection = connection
        self._emulation = emulation
        self._open_another = opener
        self._blank: asyncio.Task[Frame] | None = None
        self._sessions: dict[str, tuple[Session, str]] = {}
        # Frame and document of each request that has not ended.
        self._in_flight: dict[str, tuple[str, str]] = {}
        self._worlds: dict[str, int] = {}

    @classmethod
    async def open(
        cls, connection: Connection, targets: Targets, context_id: str, recorder: Recorder, emulation: Emulation
    ) -> "Page":
        """Open an empty page in a browser context and prepare it to be watched, as who it is to be seen.

        Raises:
            CaptureError: the browser cannot be that.
        """
        opener = functools.partial(targets.open_page, context_id)
        target_id, session = await opener()
        page = cls(connection, opener, target_id, session, recorder, emulation)
        targets.own(context_id, page.attach)
        page._watch(session, "page")
        page.navigation.watch(session)
        page.console.watch(session, target_id)
        session.on("Page.loadEventFired", lambda _: page.loaded.set())
        session.on("Page.domContentEventFired", lambda _: page.parsed.set())
        session.on("Page.frameStartedNavigating", page._navigating)
        session.on("Page.frameStoppedLoading", page._stopped)
        session.on("Page.javascriptDialogOpening", page._dialog)
        session.post("Runtime.runIfWaitingForDebugger")
        await session.call("Page.enable")
        await emulation.prepare_page(session)
        return page

    def attach(self, event: Params) -> None:
        """Take in a worker or out-of-process frame (``Target.attachedToTarget``) and let it run."""
        session, kind = self._connection.session(event["sessionId"]), event["targetInfo"]["type"]
        self._watch(session, kind)
        self._emulation.prepare_target(session, is_frame=kind in FRAMES)
        self.console.watch(session, event["targetInfo"]["targetId"])
        session.post("Runtime.runIfWaitingForDebugger")

    def _watch(self, session: Session, kind: str) -> None:
        self._sessions[session.id] = (session, kind)
        session.on("Target.attachedToTarget", self.attach)
        session.on("Target.detachedFromTarget", self._detached)
        # A service worker's script is asked for before the worker can be told who asks.
        self.recorder.watch(session, self._emulation.headers if kind == "service_worker" else None)
        session.post("Network.enable")
        if kind in FRAMES:
            session.on("Network.requestWillBeSent", self._request)
            session.on("Network.loadingFinished", self._request_ended)
            session.on("Network.loadingFailed", self._request_ended)
            session.on("Page.frameNavigated", self._navigated)
            session.post("Page.enable")
            session.on("Inspector.targetCrashed", lambda _: self._crashed(session))
            session.post("Inspector.enable")
        session.post("Target.setAutoAttach", **AUTO_ATTACH, filter=AT_PAGE)

    @property
    def in_flight(self) -> int:
        """How many requests the page still waits for, endless ones not counted."""
        return len(self._in_flight)

    async def frames(self) -> list[Frame]:
        """Return every frame of the page, the main frame first."""
        found: list[Frame] = []
        for session, kind in tuple(self._sessions.values()):
            if kind not in FRAMES or session.detached:
                continue
            waiting = [(await session.call("Page.getFrameTree"))["frameTree"]]
            while waiting:
                tree = waiting.pop(0)
                found.append(Frame(session, tree["frame"]["id"], tree["frame"]["url"]))
                waiting.extend(tree.get("childFrames", ()))
        return found

    async def run(self, function: str, *arguments: object, frame: Frame | None = None) -> Any:
        """Call a JavaScript function in our isolated world of a frame and return what it (or its promise) gives.

        Args:
            function: the source of a function expression.
            arguments: JSON values.
            frame: the main frame by default.

        Raises:
            CaptureError: the function threw. DevToolsError: the frame has gone.
        """
        session, frame_id = (frame.session, frame.id) if frame else (self.session, self.main_frame_id)
        for last_try in (False, True):
            try:
                answer = await session.call(
                    "Runtime.callFunctionOn",
                    functionDeclaration=function,
                    arguments=[{"value": argument} for argument in arguments],
                    executionContextId=await self._world(session, frame_id),
                    awaitPromise=True,
                    returnByValue=True,
                )
                break
            except DevToolsError:  # the frame went to another document meanwhile, and our world with the old one
                self._worlds.pop(frame_id, None)
                if last_try:
                    raise
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details.get("text", "unknown error")
            raise CaptureError(f"A script failed in the page: {said.splitlines()[0]}")
        return answer["result"].get("value")

    async def inject(self, source: str, frame: Frame | None = None) -> None:
        """Run a whole script in our isolated world of a frame."""
        session, frame_id = (frame.session, frame.id) if frame else (self.session, self.main_frame_id)
        await session.call("Runtime.evaluate", expression=source, contextId=await self._world(session, frame_id))

    async def fetch(self, url: str) -> Exchange:
        """Ask for a resource without CORS, as an embedded one; return the recorded answer, redirects followed.

        The page asks, or where its content security policy forbids that, an empty page beside it.

        Raises:
            CaptureError: there was no answer in time, or it was too large to keep.
        """
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                try:
                    await self.run(script("fetch.js"), url)
                except CaptureError:
                    self._blank = self._blank or asyncio.get_running_loop().create_task(self._open_blank())
                    await self.run(script("fetch.js"), url, frame=await asyncio.shield(self._blank))
        except TimeoutError as error:
            raise CaptureError(f"{url} did not answer within {FETCH_SECONDS:g} seconds.") from error
        exchange = self.recorder.find(url)
        if exchange is None:
            raise CaptureError(f"{url} could not be kept.")
        return exchange

    async def close(self) -> None:
        """Let go of what belongs to the page, once its browser context is gone."""
        if self._blank is not None:
            self._blank.cancel()
        await self.recorder.finish(0)
        for session, _ in tuple(self._sessions.values()):
            self._connection.forget(session.id)
        self._sessions.clear()

    async def _open_blank(self) -> Frame:
        target_id, session = await self._open_another()
        self._emulation.prepare_target(session, is_frame=True)
        self.recorder.watch(session)
        session.post("Network.enable")
        session.post("Runtime.runIfWaitingForDebugger")
        await session.call("Page.enable")
        return Frame(session, target_id, "about:blank")

    async def _world(self, session: Session, frame_id: str) -> int:
        if frame_id not in self._worlds:
            answer = await session.call("Page.createIsolatedWorld", frameId=frame_id, worldName=WORLD)
            self._worlds[frame_id] = answer["executionContextId"]
        return self._worlds[frame_id]

    def _crashed(self, session: Session) -> None:
        """A renderer that has crashed answers nothing any more."""
        self._connection.forget(session.id)
        if session is self.session:
            self.crashed = True
            self.parsed.set()
            self.loaded.set()

    def _detached(self, event: Params) -> None:
        self._sessions.pop(event["sessionId"], None)
        self._connection.forget(event["sessionId"])

    def _request(self, event: Params) -> None:
        self.last_request = time.monotonic()
        # What loads a worker has no loader, and its end is told to the worker alone.
        waited_for = event.get("loaderId") and event.get("type") not in ENDLESS
        if waited_for and event["request"]["url"].startswith("http"):
            self._in_flight[event["requestId"]] = event.get("frameId", ""), event["loaderId"]

    def _request_ended(self, event: Params) -> None:
        if self._in_flight.pop(event["requestId"], None):
            self.last_request = time.monotonic()

    def _forget_requests(self, frame_id: str, document_id: str) -> None:
        """Wait no more for what a frame's former documents asked for: the browser may not tell how that ended.

        With a document of the page itself all its frames have gone.
        """
        for request_id, (frame, document) in tuple(self._in_flight.items()):
            if document != document_id and frame_id in (frame, self.main_frame_id):
                del self._in_flight[request_id]

    def _navigating(self, event: Params) -> None:
        if event.get("frameId") == self.main_frame_id and event.get("navigationType") != "sameDocument":
            self.loaded.clear()
            self.parsed.clear()

    def _stopped(self, event: Params) -> None:
        """Also after a navigation that came to nothing, such as a download."""
        if event["frameId"] == self.main_frame_id:
            self.loaded.set()

    def _navigated(self, event: Params) -> None:
        if event["frame"]["id"] == self.main_frame_id:
            self.document_id = event["frame"]["loaderId"]
            self.unreachable_url = event["frame"].get("unreachableUrl", "")
        self._worlds.pop(event["frame"]["id"], None)
        self._forget_requests(event["frame"]["id"], event["frame"]["loaderId"])

    def _dialog(self, event: Params) -> None:
        """Answer alert, confirm, prompt and beforeunload, so that they cannot hold the page up."""
        self.dialogs.append(event.get("message", ""))
        self.session.post("Page.handleJavaScriptDialog", accept=True)


def script(name: str) -> str:
    """Return one of the scripts in ``scripts/``, a function expression."""
    return (files("pagekeep.capture") / "scripts" / name).read_text(encoding="utf-8")


def as_json(value: object) -> bytes:
    """Return ``value`` as the JSON text of a kept file: readable, and the same for the same value."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
