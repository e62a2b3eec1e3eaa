"""Do to a page what is to be done before it is looked at: in a fixed order, each behaviour within its budget."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from pagekeep.capture.behaviours import autoplay, cookies, more, page_side, scroll
from pagekeep.capture.page import Page
from pagekeep.capture.steps import settle
from pagekeep.capture.values import Limits
from pagekeep.domain.behaviours import BEHAVIOURS
from pagekeep.domain.errors import BrowserDied, CaptureError

log = logging.getLogger(__name__)
# What came with the rest of the page, or lies over it only now, is looked for once more.
AGAIN = ("cookies", "dialogs", "details", "lazy")
# These may have kept the page from scrolling.
OVERLAYS = ("cookies", "dialogs")
_SURVEY_SECONDS = 5.0
_ALIVE_SECONDS = 1.0

Act = Callable[[Page, Limits], Awaitable[bool]]


async def behave(page: Page, names: Sequence[str], limits: Limits) -> None:
    """Run the named behaviours that apply, and once more what their changes call for.

    One that fails, or uses up its time, costs itself only; a page that no longer answers is left as it is.

    Args:
        limits: ``scroll`` and ``behaviour`` are the budgets of each, ``behaviours`` that of all together.

    Raises:
        TimeoutError: all together took too long. What was done stays done.
    """
    try:
        async with asyncio.timeout(limits.behaviours):
            if await _each(page, [name for name in BEHAVIOURS if name in names], limits):
                await _each(page, [name for name in AGAIN if name in names], limits)
    except TimeoutError:
        await _answers(page)
        raise


async def _each(page: Page, names: Sequence[str], limits: Limits) -> bool:
    """Run those that apply; return whether any did something."""
    async with asyncio.timeout(_SURVEY_SECONDS):
        applying = await page_side.which_may_apply(page, names)
    changed = False
    for name in (name for name in names if name in applying):
        started = time.monotonic()
        try:
            async with asyncio.timeout(limits.scroll if name == "scroll" else limits.behaviour):
                acted = await _ACTS[name](page, limits)
                if acted:
                    await settle(page, limits)
                    if name in OVERLAYS:
                        await page_side.act(page, "unlock")
                changed = changed or acted
        except BrowserDied:
            raise
        except TimeoutError:
            log.info("The behaviour %s took too long (%.1f s).", name, time.monotonic() - started)
            changed = True
            if not await _answers(page):
                return False
        except CaptureError as error:
            log.info("The behaviour %s failed: %s", name, error)
    return changed


async def _answers(page: Page) -> bool:
    """Return whether the page answers, if need be after what it is running was stopped."""
    for stop in (False, True):
        if stop:
            page.session.post("Runtime.terminateExecution")
        try:
            async with asyncio.timeout(_ALIVE_SECONDS):
                await page.run("() => 1")
                return True
        except (TimeoutError, CaptureError):
            continue
    return False


def _in_page(name: str) -> Act:
    async def act(page: Page, limits: Limits) -> bool:
        return bool(await page_side.act(page, name))

    return act


_ACTS: dict[str, Act] = {
    "cookies": cookies.act,
    "dialogs": _in_page("dialogs"),
    "details": _in_page("details"),
    "lazy": _in_page("lazy"),
    "scroll": scroll.act,
    "more": more.act,
    "autoplay": autoplay.act,
}
