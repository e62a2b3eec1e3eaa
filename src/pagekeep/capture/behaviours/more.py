"""Click what loads or shows more, as long as the page grows."""

from pagekeep.capture.behaviours import page_side
from pagekeep.capture.page import Page
from pagekeep.capture.steps import settle
from pagekeep.capture.values import Limits

CLICKS = 10


async def act(page: Page, limits: Limits) -> bool:
    """Return whether a button was clicked."""
    for clicks in range(CLICKS):
        if not await page_side.act(page, "more"):
            return clicks > 0
        await settle(page, limits)
    return True
