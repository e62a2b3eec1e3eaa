"""Play videos and sounds for a moment, so that what they ask for is recorded."""

from pagekeep.capture.behaviours import page_side
from pagekeep.capture.page import Page
from pagekeep.capture.values import Limits

SECONDS = 1.5


async def act(page: Page, limits: Limits) -> bool:
    """Return whether something was played."""
    return bool(await page_side.act(page, "autoplay", SECONDS * 1000))
