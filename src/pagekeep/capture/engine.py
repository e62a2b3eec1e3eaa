"""One warm Chromium; one fresh browser context, one visit and many outputs for each URL."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from pagekeep import __version__
from pagekeep.capture import steps
from pagekeep.capture.behaviours.run import behave
from pagekeep.capture.chromium.devtools import Connection, DevToolsError
from pagekeep.capture.chromium.find import find_chromium
from pagekeep.capture.chromium.launch import MEMORY, Chromium, launch
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.block_list import NOTHING, read_block_list
from pagekeep.capture.network.egress import Egress, Resolver, system_resolver
from pagekeep.capture.outputs import OUTPUTS
from pagekeep.capture.page import Page
from pagekeep.capture.page_scripts import check_installed
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.targets import Targets
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import (
    BrowserDied,
    CaptureError,
    Conflict,
    EnvironmentProblem,
    NoResult,
    Skipped,
    TimeBudgetExceeded,
)
from pagekeep.domain.results import Result, StoredFile
from pagekeep.domain.status import ResultStatus
from pagekeep.domain.urls import without_credentials

log = logging.getLogger(__name__)
_ANSWER_SECONDS = 5.0
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
        resolver: from a host name to its addresses, see :class:`Egress`.
    """

    chromium: str = ""
    sandbox: str = "auto"
    temp_dir: Path | None = None
    page_scripts: Path | None = None
    memory: int = MEMORY
    resolver: Resolver = system_resolver


class Engine:
    """Captures URLs, several at a time if asked to. Use as an asynchronous context manager."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        self._options = options or EngineOptions()
        self._browser: Chromium | None = None
        self._starting = asyncio.Lock()
        self._heavy = asyncio.Lock()
        self._targets: Targets | None = None

    async def __aenter__(self) -> "Engine":
        check_installed(self._options.page_scripts)
        await self._ready_browser()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._browser is not None:
            await self._browser.close()
            self._browser = None

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        """Visit one URL and make its outputs.

        What the page does wrong is told in the outcome and its results.

        Raises:
            BrowserDied: the browser ended meanwhile; the next capture starts a new one.
            EnvironmentProblem: there is no browser to start, or the disk takes no more.
            Conflict: the sink takes no more of this snapshot.
            BadInput: the block list cannot be read.
        """
        browser, targets = await self._ready_browser()
        policy = AddressPolicy(request.allow_private, request.refuse)
        way_out = Egress(
            policy,
            resolver=self._options.resolver,
            block_list=await asyncio.to_thread(read_block_list, request.block_list) if request.block_list else NOTHING,
            never_blocked=urlsplit(request.url).hostname or "",
        )
        async with way_out as egress, self._open_page(browser, targets, egress, request) as page:
            visit = Visit(
                request=request,
                page=page,
                recorder=page.recorder,
                egress=egress,
                started_at=datetime.now(UTC),
                software=f"Pagekeep/{__version__} {browser.product}",
                page_scripts=self._options.page_scripts,
                heavy=self._heavy,
                temp_dir=self._options.temp_dir,
            )
            try:
                async with asyncio.timeout(_longest(request)):
                    return await _while_open(browser.connection, _Run(visit, sink, progress).all())
            except TimeoutError as error:
                raise BrowserDied(f"The visit did not end within {_longest(request):g} seconds.") from error

    async def _ready_browser(self) -> tuple[Chromium, Targets]:
        async with self._starting:
            if self._browser is not None and not self._browser.alive:
                await self._browser.close()
                self._browser = None
            if self._browser is None or self._targets is None:
                path = find_chromium(self._options.chromium)
                options = self._options
                browser = await launch(path, sandbox=options.sandbox, temp_dir=options.temp_dir, memory=options.memory)
                targets = Targets(browser.connection)
                try:
                    async with asyncio.timeout(_READY_SECONDS):
                        await targets.watch()
                except BaseException:
                    await browser.close()
                    raise
                self._browser, self._targets = browser, targets
            return self._browser, self._targets

    @contextlib.asynccontextmanager
    async def _open_page(
        self, chromium: Chromium, targets: Targets, egress: Egress, request: CaptureRequest
    ) -> AsyncIterator[Page]:
        context_id = ""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                context_id = await _new_context(chromium, egress)
                recorder = Recorder(request, self._options.temp_dir)
                user_agent = request.user_agent or chromium.user_agent
                page = await Page.open(chromium.connection, targets, context_id, recorder, user_agent)
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


class _Run:
    """The ordered steps and outputs of one visit, each timed and within its budget."""

    def __init__(self, visit: Visit, sink: Sink, progress: Progress) -> None:
        self._visit, self._sink, self._progress = visit, sink, progress
        self._seconds: dict[str, float] = {}
        self._no_page = ""
        self._document_id = ""
        # The end of the last output; the ends of those before it are part of it.
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending.set_result(None)

    async def all(self) -> Outcome:
        visit, limits = self._visit, self._visit.request.limits
        page = visit.page
        failure = await self._step("open", self._open)
        if not self._no_page:
            await self._step("settle", lambda: steps.settle(page, limits))
            if visit.request.behaviours and not self._no_page:
                await self._step("behaviours", lambda: behave(page, visit.request.behaviours, limits))
            failure = await self._step("look", self._look)
            if page.crashed:
                failure = self._no_page = steps.CRASHED
            visit.recorder.hold()
            page.navigation.close()
            if "consolelog" in visit.request.plugins:
                await self._step("listen", page.console.read)
            self._document_id = page.document_id
        if failure:
            await visit.recorder.finish(0)
        visit.recorder.complete()
        documents = visit.recorder.main_responses(page.main_frame_id)
        visit.main = documents[-1] if documents else None
        try:
            for plugin in OUTPUTS:
                if plugin in visit.request.plugins:
                    if plugin in ("pdf", "mhtml"):
                        # Printing lays the page out for paper, and would fetch other pictures for it.
                        visit.recorder.close()
                    await self._output(plugin)
            await self._ending
        except BaseException:
            self._ending.cancel()
            await asyncio.gather(self._ending, return_exceptions=True)
            raise
        return self._outcome(failure)

    async def _open(self) -> None:
        visit = self._visit
        visit.final_url = visit.url
        try:
            url = without_credentials(visit.request.url)
            is_page = await steps.open_page(visit.page, url, visit.egress, visit.request.limits)
        except CaptureError as error:
            self._no_page = str(error)
            raise
        if not is_page:
            await visit.recorder.finish(visit.request.limits.open)
            visit.final_url = visit.recorder.main_responses(visit.page.main_frame_id)[-1].url
            self._no_page, kept = steps.explain_no_page(visit.page, visit.request.limits)
            if not kept:
                raise CaptureError(self._no_page)

    async def _look(self) -> None:
        """Note title and address, as the browser itself tells them (a page can redefine what its scripts see)."""
        async with asyncio.timeout(_CLOSE_SECONDS):
            info = (await self._visit.page.session.call("Target.getTargetInfo"))["targetInfo"]
        self._visit.final_url = self._visit.request.secrecy.url(info["url"])
        title = re.sub(r"\s+", " ", info["title"]).strip()
        if elsewhere := steps.explain_error_page(self._visit.page, self._visit.egress):
            self._no_page = elsewhere
            raise CaptureError(elsewhere)
        # For a page without a title the browser shows its address.
        self._visit.title = "" if title and title in info["url"] and "/" in title else title

    async def _step(self, name: str, step: Callable[[], Awaitable[None]]) -> str:
        """Run one step; return why it failed, or an empty string. The visit goes on with what there is."""
        await self._progress.step(name)
        started = time.monotonic()
        try:
            await step()
        except BrowserDied:
            raise
        except (TimeoutError, TimeBudgetExceeded) as error:
            if name not in ("open", "look"):
                await self._check_page()
            return str(error) or f"The step {name} took longer than allowed."
        except CaptureError as error:
            return str(error)
        finally:
            self._seconds[name] = time.monotonic() - started
        return ""

    async def _output(self, plugin: str) -> None:
        """Make one output. While the disk and the records take it, the next one of the page can be made."""
        page_output = OUTPUTS[plugin].NEEDS_PAGE
        if not page_output or self._ending.done():
            await self._ending  # which may have met a full disk or a lost lease
        await self._progress.step(plugin)
        started_at, started = datetime.now(UTC), time.monotonic()
        keep = Keep(self._sink, plugin, self._visit.request.limits.file_size(plugin))
        status, summary = await self._make(plugin, keep)
        if page_output and self._visit.page.crashed and status is not ResultStatus.SUCCEEDED:
            status, summary = ResultStatus.FAILED, steps.CRASHED
        self._seconds[plugin] = time.monotonic() - started
        made = Result(plugin, status, summary, started_at, started_at)
        self._ending = asyncio.get_running_loop().create_task(self._end_output(self._ending, made, keep))

    async def _end_output(self, earlier: Awaitable[None], made: Result, keep: Keep) -> None:
        """Tell of an output once its files are kept, in the order outputs are made."""
        await earlier
        files: tuple[StoredFile, ...] = ()
        try:
            files = await keep.files()
        except (EnvironmentProblem, Conflict):
            raise
        except Exception as error:
            if made.status is ResultStatus.SUCCEEDED:
                why = str(error) if isinstance(error, CaptureError) else self._own_mistake(made.plugin, error)
                made = replace(made, status=ResultStatus.FAILED, summary=why)
        kept = files if made.status is ResultStatus.SUCCEEDED else ()
        result = replace(made, ended_at=datetime.now(UTC), files=kept)
        self._visit.results.append(result)
        await self._progress.result(result)

    async def _make(self, plugin: str, keep: Keep) -> tuple[ResultStatus, str]:
        """Return how the output ended and its readable line."""
        module, seconds = OUTPUTS[plugin], self._visit.request.limits.output_seconds(plugin)
        if self._no_page and module.NEEDS_PAGE:
            return ResultStatus.SKIPPED, self._no_page
        if module.NEEDS_PAGE and self._visit.page.document_id != self._document_id:
            return ResultStatus.FAILED, "The page went to another document while its outputs were made."
        try:
            async with asyncio.timeout(seconds):
                return ResultStatus.SUCCEEDED, await module.make(self._visit, keep)
        except (BrowserDied, EnvironmentProblem, Conflict):
            raise
        except Skipped as reason:
            return ResultStatus.SKIPPED, str(reason)
        except NoResult as reason:
            return ResultStatus.NORESULTS, str(reason)
        except TimeoutError:
            await self._check_page()
            return ResultStatus.FAILED, f"It took longer than {seconds:g} seconds."
        except CaptureError as error:
            return ResultStatus.FAILED, str(error)
        except Exception as error:
            return ResultStatus.FAILED, self._own_mistake(plugin, error)

    def _own_mistake(self, plugin: str, error: Exception) -> str:
        log.error("The output %s of %s failed", plugin, self._visit.url, exc_info=error)
        return f"Pagekeep made a mistake here, please report it: {type(error).__name__}: {error}"

    async def _check_page(self) -> None:
        """After a time-out: stop the page's script; if it still does not answer, spare the other outputs the wait."""
        page = self._visit.page
        page.session.post("Runtime.terminateExecution")
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await page.run("() => 1")
        except (TimeoutError, DevToolsError):
            self._no_page = steps.BUSY

    def _outcome(self, failure: str) -> Outcome:
        visit = self._visit
        status = visit.main.status if visit.main else None
        kept = any(result.status is ResultStatus.SUCCEEDED for result in visit.results)
        reason = failure
        if not reason and status is None:
            reason = "The server sent no response."
        if not reason and status is not None and status >= 400:
            reason = f"The server answered {status} {visit.main.reason if visit.main else ''}".rstrip() + "."
        if not reason and not kept:
            reason = next((r.summary for r in visit.results if r.status is ResultStatus.FAILED), "Nothing was kept.")
        return Outcome(
            succeeded=not reason,
            reason=reason,
            response_status=status,
            final_url=visit.final_url,
            title=visit.title,
            results=tuple(visit.results),
            step_seconds=dict(self._seconds),
        )
