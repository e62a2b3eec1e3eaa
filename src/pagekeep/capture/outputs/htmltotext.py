"""The plain text of the whole page, its frames included."""

from pagekeep.capture.page_text import text_of
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``htmltotext.txt``."""
    text = await text_of(visit.page)
    if not text:
        raise NoResult("The page shows no text.")
    keep("htmltotext.txt", text.encode("utf-8", "replace") + b"\n", "text/plain; charset=utf-8")
    return f"{len(text.split())} words"
