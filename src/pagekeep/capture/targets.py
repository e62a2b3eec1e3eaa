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
        self._expected: dict[str, asyncio.Future[Params]] = {}
        self._owners: dict[str, Callable[[Params], None]] = {}

    async def watch(self) -> None:
        """Have every new page and shared worker announced, paused before it does anything."""
        self._connection.browser.on("Target.attachedToTarget", self._attached)
        await self._connection.browser.call("Target.setAutoAttach", **AUTO_ATTACH, filter=AT_BROWSER)

    async def open_page(self, context_id: str) -> tuple[str, Session]:
        """Open an empty page in a browser context; return its target id and its session, still paused."""
        expected = asyncio.get_running_loop().create_future()
        self._expected[context_id] = expected
        try:
            await self._connection.browser.call("Target.createTarget", url="about:blank", browserContextId=context_id)
            event = await expected
        finally:
            self._expected.pop(context_id, None)
        return event["targetInfo"]["targetId"], self._connection.session(event["sessionId"])

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
            expected = self._expected.get(context_id)
            if expected is not None and not expected.done():
                expected.set_result(event)
                return
            # A popup: it would be one more visit, which nobody asked for.
            self._connection.session(event["sessionId"]).post("Runtime.runIfWaitingForDebugger")
            self._connection.browser.post("Target.closeTarget", targetId=target["targetId"])
        elif owner := self._owners.get(context_id):
            owner(event)
        else:
            self._connection.session(event["sessionId"]).post("Runtime.runIfWaitingForDebugger")
