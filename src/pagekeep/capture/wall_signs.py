"""Looks whether a wall stands in the place of the page, and waits for those that go away by themselves."""

import asyncio
import time

from pagekeep.capture.page import script
from pagekeep.capture.steps import settle
from pagekeep.capture.visit import Visit
from pagekeep.capture.walls import MARKERS, Signs, Wall, find_wall
from pagekeep.domain.errors import CaptureError

# Checks of browsers take some five seconds.
PASSAGE_SECONDS = 12.0
_LOOK_SECONDS = 5.0
_AGAIN = 0.5


async def look_for_wall(visit: Visit) -> Wall | None:
    """Return what stands in the place of the page; None where nothing does, or the page does not tell."""
    if not visit.documents:
        return None
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            seen = await visit.page.run(script("walls.js"), dict(MARKERS))
    except (TimeoutError, CaptureError):
        return None
    main = visit.documents[-1]
    return find_wall(
        Signs(
            asked=visit.url,
            final=seen["url"],
            status=main.status,
            headers=main.response_headers,
            title=seen["title"].strip(),
            text=seen["text"],
            length=seen["length"],
            markers=frozenset(seen["markers"]),
            fields=seen["fields"],
            password=seen["password"],
        )
    )


async def wait_for_passage(visit: Visit) -> Wall | None:
    """Give a wall that may go away by itself the time for it; return what stands there after that."""
    end, found = time.monotonic() + PASSAGE_SECONDS, await look_for_wall(visit)
    while found and found.passes and time.monotonic() < end:
        await asyncio.sleep(_AGAIN)
        found = await look_for_wall(visit)
        if found is None:  # or the next document has only begun
            await settle(visit.page, visit.request.limits)
            found = await look_for_wall(visit)
    return found
