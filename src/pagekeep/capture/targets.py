"""Pages and shared workers of one browser: who asked for them, and the end of those nobody asked for."""

import asyncio
from collections.abc import Callable

from pagekeep.capture.chromium.devtools import Connection, Params, Session

AUTO_ATTACH: Params = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
# Pages, and workers shared by several, are attached at the browser; the rest at their page.
AT_BROWSER = [{"type": "page"}, {"type": "shared_worker"}, {"exclude": True}]


class Targets:
    """What the browser announces, sorted by browser context."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._opening: dict[str, asyncio.Queue[Params]] = {}
        self._owners: dict[str, Callable[[Params], None]] = {}

    async def watch(self) -> None:
        """Have every new page and shared worker announced, paused before it does anything."""
        browser = self._connection.browser
        browser.on("Target.attachedToTarget", self._attached)
        browser.on("Target.detachedFromTarget", lambda event: self._connection.forget(event["sessionId"]))
        await self._connection.browser.call("Target.setAutoAttach", **AUTO_ATTACH, filter=AT_BROWSER)

    async def open_page(self, context_id: str) -> tuple[str, Session]:
        """Open an empty page in a browser context; return its target id and its session, still paused."""
        arrivals = self._opening[context_id] = asyncio.Queue()
        try:
            created = await self._connection.browser.call(
                "Target.createTarget", url="about:blank", browserContextId=context_id
            )
            while (event := await arrivals.get())["targetInfo"]["targetId"] != created["targetId"]:
                self._close(event)
        finally:
            self._opening.pop(context_id, None)
            while not arrivals.empty():
                self._close(arrivals.get_nowait())
        return created["targetId"], self._connection.session(event["sessionId"])

    def own(self, context_id: str, take_worker: Callable[[Params], None]) -> None:
        """Hand the shared workers of a browser context to ``take_worker``."""
        self._owners[context_id] = take_worker

    def disown(self, context_id: str) -> None:
        """The context goes: what it still announces is nobody's."""
        self._owners.pop(context_id, None)

    def _attached(self, event: Params) -> None:
        target = event["targetInfo"]
        context_id = target.get("browserContextId", "")
        if target["type"] == "page":
            arrivals = self._opening.get(context_id)
            if arrivals is not None:
                arrivals.put_nowait(event)
            else:
                self._close(event)
        elif owner := self._owners.get(context_id):
            owner(event)
        else:
            self._connection.session(event["sessionId"]).post("Runtime.runIfWaitingForDebugger")

    def _close(self, event: Params) -> None:
        """End a popup: it would be one more visit, which nobody asked for. Nothing it asks for leaves the browser."""
        session = self._connection.session(event["sessionId"])
        session.post("Fetch.enable")
        session.post("Runtime.runIfWaitingForDebugger")
        self._connection.browser.post("Target.closeTarget", targetId=event["targetInfo"]["targetId"])
