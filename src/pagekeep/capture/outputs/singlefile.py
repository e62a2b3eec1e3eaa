"""The page as one HTML file that opens offline, made by SingleFile from the recording."""

import asyncio
import re
from typing import Any

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.page import script
from pagekeep.capture.page_scripts import singlefile_source
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError

NEEDS_PAGE = True
# Larger resources, videos mostly, would make a file that browsers do not open.
LARGEST = 24 << 20
OPTIONS: dict[str, Any] = {
    # Nothing of the page is dropped, except what could ask the network for something.
    "removeHiddenElements": False,
    "removeUnusedStyles": False,
    # With it off SingleFile looks at no computed style, and loses every canvas.
    "removeUnusedFonts": True,
    "removeAlternativeImages": True,
    "removeAlternativeMedias": False,
    "removeAlternativeFonts": True,
    "groupDuplicateImages": True,
    "compressHTML": False,
    "compressCSS": False,
    "blockScripts": True,
    "blockMixedContent": False,
    "blockVideos": False,
    "blockAudios": False,
    "saveFavicon": True,
    "insertMetaCSP": True,
    "insertMetaNoIndex": False,
    "insertSingleFileComment": True,
    "loadDeferredImages": False,
    "saveOriginalURLs": False,
    "maxResourceSizeEnabled": False,
    "removeFrames": False,
    "password": "",
}
_DATE = re.compile(r"(?<=\n) saved date: .*\n(?=-->)")


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``singlefile.html``."""
    source = singlefile_source(visit.page_scripts)
    for frame in await visit.page.frames():
        try:
            await visit.page.inject(source, frame)
        except DevToolsError:  # a frame may leave at any time; the main frame may not
            if frame.id == visit.page.main_frame_id:
                raise
    await visit.page.run(script("singlefile.js"), OPTIONS | {"url": visit.final_url})
    answers: list[object] = []
    while True:
        turn = await visit.page.run("(answers) => pagekeepSingleFile.next(answers)", answers)
        if turn["outcome"]:
            break
        answers = await asyncio.gather(*(_answer(visit, number, url) for number, url in turn["requests"]))
    if "error" in turn["outcome"]:
        raise CaptureError(f"SingleFile failed: {turn['outcome']['error'].splitlines()[0]}")
    # Without the time it was made, which the manifest has, an unchanged page gives the same bytes again.
    content = _DATE.sub("", turn["outcome"]["content"], count=1)
    keep("singlefile.html", content.encode("utf-8", "replace"), "text/html; charset=utf-8")
    return "singlefile.html"


async def _answer(visit: Visit, number: int, url: str) -> list[object]:
    """Return what SingleFile asked for: id, status, headers and body; status 0 where it is not to be had."""
    try:
        exchange: Exchange | None = visit.recorder.find(url) or await visit.page.fetch(url)
    except CaptureError:
        exchange = None
    if exchange is None or exchange.body.size > LARGEST:
        return [number, 0, [], ""]
    headers = [["content-type", exchange.header("content-type") or "application/octet-stream"]]
    return [number, exchange.status, headers, exchange.body.base64()]
