"""The accessibility tree of the page and its frames: what a screen reader tells of them."""

from typing import Any

import orjson

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.formats.accessibility_tree import tree_of
from pagekeep.capture.page import Frame, Page, script
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult, Skipped

NEEDS_PAGE = True
# The browser takes about 150 µs for each element, and much more in larger documents.
MOST_ELEMENTS = 20_000


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``accessibility.json``: the tree of each frame, nested; what is ignored by screen readers is folded away."""
    page = visit.page
    frames = await page.frames()
    elements = sum([await _in_frame(page, frame, _count(page, frame)) or 0 for frame in frames])
    if elements > MOST_ELEMENTS:
        raise Skipped(f"The page has {elements} elements; the tree is made of pages with up to {MOST_ELEMENTS}.")
    trees: list[orjson.Fragment] = []
    total = 0
    for frame in frames:
        # Made into bytes at once, here: its many small values, left to lie between those of other visits, would keep
        # Python from giving their memory back.
        root, count = tree_of(await _in_frame(page, frame, _tree(frame)) or ())
        # The root alone tells nothing but the title.
        if root and count > 1:
            trees.append(orjson.Fragment(orjson.dumps({"url": frame.url, "tree": root})))
            total += count
        del root
    if not trees:
        raise NoResult("The page tells a screen reader nothing.")
    keep("accessibility.json", orjson.dumps({"frames": trees}) + b"\n", "application/json")
    return f"{total} nodes"


async def _in_frame(page: Page, frame: Frame, work: Any) -> Any:
    """Return what ``work`` returns, None where a frame has gone: it may at any time; the main frame may not."""
    try:
        return await work
    except DevToolsError:
        if frame.id == page.main_frame_id:
            raise
        return None


async def _count(page: Page, frame: Frame) -> int:
    return int(await page.run(script("count.js"), frame=frame))


async def _tree(frame: Frame) -> list[dict[str, Any]]:
    try:
        answer = await frame.session.call("Accessibility.getFullAXTree", frameId=frame.id)
        return list(answer["nodes"])
    finally:
        # While it is on, every change of the page costs more.
        frame.session.post("Accessibility.disable")
