"""The plain text of the whole page, its frames included."""

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.page import script
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``htmltotext.txt``."""
    texts: list[str] = []
    for frame in await visit.page.frames():
        try:
            texts.append(await visit.page.run(script("text.js"), frame=frame))
        except DevToolsError:  # a frame may leave at any time; the main frame may not
            if frame.id == visit.page.main_frame_id:
                raise
    text = "\n\n".join(text.strip() for text in texts if text.strip())
    if not text:
        raise NoResult("The page shows no text.")
    await keep("htmltotext.txt", text.encode("utf-8", "replace") + b"\n", "text/plain; charset=utf-8")
    return f"{len(text.split())} words"
