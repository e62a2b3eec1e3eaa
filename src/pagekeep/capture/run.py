"""One visit: its ordered steps, then its outputs, each timed and within its budget."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from pagekeep.capture import steps
from pagekeep.capture.behaviours.run import behave
from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.formats.retry_after import retry_after
from pagekeep.capture.outputs import OUTPUTS
from pagekeep.capture.plain import Plain
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.values import Outcome
from pagekeep.capture.visit import Keep, Visit
from pagekeep.capture.wall_signs import look_for_wall, wait_for_passage
from pagekeep.capture.walls import EVIDENCE
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
# How long the browser may take over a question that costs it nothing, also after a page kept it busy.
_ANSWER_SECONDS = 5.0


class Run:
    """The ordered steps and outputs of one visit, each timed and within its budget."""

    def __init__(self, visit: Visit, sink: Sink, progress: Progress) -> None:
        self._visit, self._sink, self._progress = visit, sink, progress
        self._seconds: dict[str, float] = {}
        self._failure = self._no_page = ""
        self._answered_well = False
        self._document_id = ""
        # The end of the last output; the ends of those before it are part of it.
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending.set_result(None)

    async def without_browser(self, user_agent: str) -> bool:
        """Ask for what is probably a file; return whether that is all there is to do. Else the browser goes on.

        Args:
            user_agent: the browser's.
        """
        visit = self._visit
        plain = Plain(visit.request, visit.recorder, visit.egress, user_agent, visit.temp_dir)
        if not plain.is_tried:
            return False
        visit.final_url = visit.url
        self._failure = await self._step("fetch", lambda: self._fetch(plain))
        if not self._failure and not self._no_page:
            self._progress.note("it is no file, or the server may treat a browser better: the browser goes on")
        return bool(self._failure or self._no_page)

    async def in_browser(self) -> Outcome:
        """Open the page, ready it, and make the outputs."""
        visit, limits = self._visit, self._visit.request.limits
        page = visit.page
        failure = await self._step("open", self._open)
        if not self._no_page:
            await self._step("settle", lambda: steps.settle(page, limits))
            visit.wall = await look_for_wall(visit)
            if visit.wall:
                self._progress.note(f"a wall: {visit.wall.sentence}")
            if visit.wall and visit.wall.passes:
                await self._step("wait", self._wait)
            if visit.request.behaviours and not self._no_page:
                await self._step("behaviours", lambda: behave(page, visit.request.behaviours, limits))
            failure = await self._step("look", self._look)
            if visit.wall and not failure:
                visit.wall = await look_for_wall(visit)
                visit.title = "" if visit.wall else visit.title
            if page.crashed:
                failure = self._no_page = steps.CRASHED
            visit.recorder.hold()
            page.navigation.close()
            if "consolelog" in visit.request.plugins:
                await self._step("listen", page.console.read)
            self._document_id = page.document_id
        self._failure = failure
        return await self.end()

    async def end(self) -> Outcome:
        """Make the outputs of what came."""
        visit = self._visit
        if self._failure:
            await visit.recorder.finish(0)
        visit.recorder.complete()
        visit.main = visit.documents[-1] if visit.documents else None
        if visit.main:
            self._tell_answer(visit.main)
            await self._progress.answered(visit.main.status)
        self._answered_well = (
            not self._failure and not visit.wall and visit.main is not None and visit.main.status < 400
        )
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
        for what, count in visit.recorder.left_out.items():
            self._progress.note(f"left out: {count} × {what}")
        return self._outcome(self._failure)

    def _tell_answer(self, main: Exchange) -> None:
        later = retry_after(main, datetime.now(UTC))
        when = "" if later is None else f", and asks to come back in {later:.0f} s"
        self._progress.note(f"{self._visit.final_url} answered {main.status} {main.reason}".rstrip() + when)

    async def _fetch(self, plain: Plain) -> None:
        try:
            if await plain.fetch():
                self._explain_no_page()
        except CaptureError as error:
            self._no_page = self._no_page or str(error)
            raise

    def _explain_no_page(self) -> None:
        visit = self._visit
        visit.final_url = visit.documents[-1].url
        self._no_page, kept = steps.explain_no_page(visit.recorder, visit.request.limits)
        if not kept:
            raise CaptureError(self._no_page)

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
            self._explain_no_page()

    async def _wait(self) -> None:
        """Give what checks browsers the time to let this one through."""
        self._visit.wall = await wait_for_passage(self._visit)

    async def _look(self) -> None:
        """Note title and address, as the browser itself tells them (a page can redefine what its scripts see)."""
        async with asyncio.timeout(_ANSWER_SECONDS):
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
        started, failure = time.monotonic(), ""
        try:
            await step()
        except BrowserDied:
            raise
        except (TimeoutError, TimeBudgetExceeded) as error:
            if name not in ("fetch", "open", "look"):
                await self._check_page()
            failure = str(error) or f"The step {name} took longer than allowed."
        except CaptureError as error:
            failure = str(error)
        finally:
            self._seconds[name] = time.monotonic() - started
            self._progress.note(f"{name} ended after {self._seconds[name]:.3f} s" + (f": {failure}" if failure else ""))
        return failure

    async def _output(self, plugin: str) -> None:
        """Make one output. While the disk and the records take it, the next one of the page can be made."""
        page_output = OUTPUTS[plugin].NEEDS_PAGE
        if not page_output or self._ending.done():
            await self._ending  # which may have met a full disk or a lost lease
        await self._progress.step(plugin)
        started_at, started = datetime.now(UTC), time.monotonic()
        keep = Keep(self._sink, plugin, self._visit.request.limits.file_size(plugin))
        status, summary = await self._make(plugin, keep)
        if page_output and self._visit.opened and self._visit.opened.crashed and status is not ResultStatus.SUCCEEDED:
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
        if made.plugin == "outlinks" and kept and self._answered_well:
            await self._progress.linked(self._visit.final_url)

    async def _make(self, plugin: str, keep: Keep) -> tuple[ResultStatus, str]:
        """Return how the output ended and its readable line."""
        module, seconds, wall = OUTPUTS[plugin], self._visit.request.limits.output_seconds(plugin), self._visit.wall
        if wall and plugin not in EVIDENCE:
            return ResultStatus.SKIPPED, wall.sentence
        if self._no_page and module.NEEDS_PAGE:
            return ResultStatus.SKIPPED, self._no_page
        if module.NEEDS_PAGE and self._visit.page.document_id != self._document_id:
            return ResultStatus.FAILED, "The page went to another document while its outputs were made."
        try:
            async with asyncio.timeout(seconds):
                line = await module.make(self._visit, keep)
                return ResultStatus.SUCCEEDED, f"{line}; of {wall.what}, not of the page" if wall else line
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
        page = self._visit.opened
        if page is None:
            return
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
        reason = failure or (visit.wall.reason if visit.wall else "")
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
            wall=visit.wall.kind if visit.wall else "",
            retry_after=retry_after(visit.main, datetime.now(UTC)) if visit.main else None,
        )
