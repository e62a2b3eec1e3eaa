"""Answer consent banners, in the page and in the frames that hold nothing else."""

import re

from pagekeep.capture.behaviours import page_side
from pagekeep.capture.page import Page
from pagekeep.capture.values import Limits
from pagekeep.domain.errors import CaptureError

# Frames are told by their address: one that is not about consent is never clicked in.
_CONSENT = re.compile(r"consent|cookie|gdpr|privacy|trustarc|truste\b|sp-prod|\bcmp\b|usercentrics|didomi", re.I)
_MOST_FRAMES = 5


async def act(page: Page, limits: Limits) -> bool:
    """Return whether a button was clicked."""
    clicked = int(await page_side.act(page, "cookies", False))
    frames = [f for f in await page.frames() if f.id != page.main_frame_id and _CONSENT.search(f.url)]
    for frame in frames[:_MOST_FRAMES]:
        try:
            clicked += int(await page_side.act(page, "cookies", True, frame=frame))
        except CaptureError:  # it left, as banners do
            continue
    return clicked > 0
