"""One warm Chromium; one fresh browser context, one visit and many outputs for each URL."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from pagekeep import __version__
from pagekeep.capture.chromium.devtools import Connection
from pagekeep.capture.chromium.emulation import Emulation
from pagekeep.capture.chromium.find import find_chromium
from pagekeep.capture.chromium.launch import MEMORY, Chromium, launch
from pagekeep.capture.chromium.warm import WarmBrowser, Wear
from pagekeep.capture.memory import give_back_large_blocks
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.block_list import NOTHING, read_block_list
from pagekeep.capture.network.egress import Egress, Resolver, system_resolver
from pagekeep.capture.page import Page
from pagekeep.capture.page_scripts import check_installed
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.run import Run
from pagekeep.capture.targets import Targets
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.capture.visit import Visit
from pagekeep.domain.errors import (
    BrowserDied,
    CaptureError,
)

log = logging.getLogger(__name__)
_CLOSE_SECONDS = 5.0
_READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the browser is run.

    Attributes:
        chromium: its path or name; empty to find one.
        sandbox: ``auto``, ``on`` or ``off``.
        temp_dir: where its profile lives while it runs, and what programs of outputs write meanwhile.
        page_scripts: folder of the page scripts (``node_modules``); the installation's own by default.
        memory: what the process of one page may take (bytes).
        wear: how much one browser may do before another takes its place.
        resolver: from a host name to its addresses, see :class:`Egress`.
    """

    chromium: str = ""
    sandbox: str = "auto"
    temp_dir: Path | None = None
    page_scripts: Path | None = None
    memory: int = MEMORY
    wear: Wear = field(default_factory=Wear)
    resolver: Resolver = system_resolver


class Engine:
    """Captures URLs, several at a time if asked to. Use as an asynchronous context manager."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        self._options = options or EngineOptions()
        self._warm = WarmBrowser(self._launch, self._options.wear)
        self._heavy = asyncio.Lock()

    @property
    def browser(self) -> Chromium | None:
        """The browser that the next page goes to; None before the start and after the end."""
        return self._warm.browser

    async def __aenter__(self) -> "Engine":
        give_back_large_blocks()
        check_installed(self._options.page_scripts)
        await self._warm.ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._warm.close()

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        """Visit one URL and make its outputs.

        What the page does wrong is told in the outcome and its results.

        Raises:
            BrowserDied: the browser ended meanwhile; the next capture starts a new one.
            EnvironmentProblem: there is no browser to start, or the disk takes no more.
            Conflict: the sink takes no more of this snapshot.
            BadInput: the block list cannot be read.
        """
        policy = AddressPolicy(request.allow_private, request.refuse)
        way_out = Egress(
            policy,
            resolver=self._options.resolver,
            block_list=await asyncio.to_thread(read_block_list, request.block_list) if request.block_list else NOTHING,
            never_blocked=urlsplit(request.url).hostname or "",
            note=progress.note,
        )
        async with way_out as egress, self._warm.lend() as (browser, targets):
            visit = Visit(
                request=request,
                recorder=Recorder(request, self._options.temp_dir),
                egress=egress,
                started_at=datetime.now(UTC),
                software=f"Pagekeep/{__version__}",
                page_scripts=self._options.page_scripts,
                heavy=self._heavy,
                temp_dir=self._options.temp_dir,
            )
            run = Run(visit, sink, progress)
            try:
                async with asyncio.timeout(_longest(request)):
                    if await run.without_browser(browser.user_agent):
                        return await run.end()
                    async with self._open_page(browser, targets, visit) as visit.opened:
                        visit.software += f" {browser.product}"
                        return await _while_open(browser.connection, run.in_browser())
            except TimeoutError as error:
                raise BrowserDied(f"The visit did not end within {_longest(request):g} seconds.") from error

    async def _launch(self) -> Chromium:
        own = self._options
        path = find_chromium(own.chromium)
        return await launch(path, sandbox=own.sandbox, temp_dir=own.temp_dir, memory=own.memory)

    @contextlib.asynccontextmanager
    async def _open_page(self, chromium: Chromium, targets: Targets, visit: Visit) -> AsyncIterator[Page]:
        context_id, request = "", visit.request
        try:
            async with asyncio.timeout(_READY_SECONDS):
                context_id = await _new_context(chromium, visit.egress)
                emulation = Emulation(request.identity, chromium.user_agent)
                await emulation.prepare_context(chromium.connection.browser, context_id)
                page = await Page.open(chromium.connection, targets, context_id, visit.recorder, emulation)
                if not request.check_certificates:
                    await page.session.call("Security.setIgnoreCertificateErrors", ignore=True)
        except TimeoutError as error:
            await chromium.close()
            raise BrowserDied(f"The browser did not open an empty page within {_READY_SECONDS:g} seconds.") from error
        except BaseException:
            await _dispose(chromium, context_id)
            raise
        try:
            yield page
        finally:
            targets.disown(context_id)
            await _dispose(chromium, context_id)
            await page.close()


async def _while_open(connection: Connection, work: Coroutine[None, None, Outcome]) -> Outcome:
    """Return what ``work`` returns; it ends with the browser, whose events it may be waiting for.

    Raises:
        BrowserDied: the browser ended first.
    """
    loop = asyncio.get_running_loop()
    task, ended = loop.create_task(work), loop.create_task(connection.closed.wait())
    try:
        await asyncio.wait((task, ended), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise BrowserDied("The browser ended while the page was open.")
        return task.result()
    finally:
        task.cancel()
        ended.cancel()
        await asyncio.gather(task, ended, return_exceptions=True)


def _longest(request: CaptureRequest) -> float:
    """Return how long a visit may take if each of its parts uses up its time (seconds): the last resort."""
    limits = request.limits
    steps_seconds = limits.download + limits.open * 2 + limits.settle * 2 + limits.behaviours
    outputs_seconds = sum(limits.output_seconds(plugin) + _CLOSE_SECONDS for plugin in request.plugins)
    return steps_seconds + outputs_seconds + _READY_SECONDS


async def _new_context(chromium: Chromium, egress: Egress) -> str:
    """Return a browser context that reaches the network through this egress only, and saves no downloads."""
    created = await chromium.connection.browser.call(
        "Target.createBrowserContext",
        disposeOnDetach=True,
        proxyServer=egress.proxy_url,
        proxyBypassList="<-loopback>",
    )
    context_id: str = created["browserContextId"]
    await chromium.connection.browser.call("Browser.setDownloadBehavior", behavior="deny", browserContextId=context_id)
    return context_id


async def _dispose(chromium: Chromium, context_id: str) -> None:
    """Close the context, if there is one, with everything in it; a browser that cannot do that in time is ended."""
    if not context_id:
        return
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await chromium.connection.browser.call("Target.disposeBrowserContext", browserContextId=context_id)
    except (TimeoutError, CaptureError):
        if not chromium.connection.closed.is_set():
            log.warning("The browser did not close a page within %s s and is restarted.", _CLOSE_SECONDS)
        await chromium.close()
