"""Scroll down as far as the page goes, and on where it grows."""

import time

from pagekeep.capture.behaviours import page_side
from pagekeep.capture.page import Page
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.steps import settle
from pagekeep.capture.values import Limits

# How often a page may grow; one without end stops here, at the height limit, or when the time is over.
ROUNDS = 10
# What is left of the time for the way back and for what came (seconds).
_RESERVE = 1.0
# A page can notice that it is scrolled by one of these words only, or by script it puts together while it runs.
_HEEDS = (
    *(b"croll", b"lazy", b"IntersectionObserver", b"getBoundingClientRect", b"offsetTop", b"pageYOffset"),
    *(b"eval(", b"Function(", b"atob("),
)
_CODE = frozenset({"Document", "Script"})


async def act(page: Page, limits: Limits) -> bool:
    """Return whether the page asked for something or changed. A page that did neither is not waited for."""
    if not _may_heed(page.recorder):
        return False
    end = time.monotonic() + limits.scroll
    position, changed = 0, False
    for _ in range(ROUNDS):
        before, left = page.last_request, end - time.monotonic() - _RESERVE
        if left < 0:
            break
        walk = await page_side.act(page, "scroll", position, limits.height, left * 1000)
        moved = walk["changed"] or page.last_request != before or page.in_flight
        if not walk["steps"] or not moved:
            break
        position, changed = walk["position"], True
        await settle(page, limits)
    return changed


def _may_heed(recorder: Recorder) -> bool:
    """Whether anything the page is made of could notice that it is scrolled."""
    code = (exchange for exchange in recorder.exchanges if exchange.resource_type in _CODE)
    return recorder.busy or any(
        exchange.truncated or any(word in exchange.body.read() for word in _HEEDS) for exchange in code
    )
