"""The page and its frames as one MHTML file (RFC 2557), written by the browser."""

from pagekeep.capture.visit import Keep, Visit

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``page.mhtml``."""
    answer = await visit.page.session.call("Page.captureSnapshot", format="mhtml")
    keep("page.mhtml", answer["data"].encode("utf-8", "surrogateescape"), "multipart/related")
    return "page.mhtml"
