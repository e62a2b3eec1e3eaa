"""The text a reader of the whole page sees."""

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.page import Page, script


async def text_of(page: Page) -> str:
    """Return the text of the page, its frames and shadow trees; empty where it shows none."""
    texts: list[str] = []
    for frame in await page.frames():
        try:
            texts.append(await page.run(script("text.js"), frame=frame))
        except DevToolsError:  # a frame may leave at any time; the main frame may not
            if frame.id == page.main_frame_id:
                raise
    return "\n\n".join(text.strip() for text in texts if text.strip())
