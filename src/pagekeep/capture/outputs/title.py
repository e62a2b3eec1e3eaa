"""The page's title, as the browser's tab shows it."""

from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``title.txt``."""
    if not visit.title:
        raise NoResult("The page has no title.")
    keep("title.txt", visit.title.encode() + b"\n", "text/plain; charset=utf-8")
    return visit.title
