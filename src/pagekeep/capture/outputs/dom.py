"""The rendered DOM as HTML, open shadow trees included."""

from pagekeep.capture.page import script
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``output.html``."""
    html: str = await visit.page.run(script("dom.js"))
    if not html:
        raise NoResult("The document is empty.")
    keep("output.html", html.encode("utf-8", "replace"), "text/html; charset=utf-8")
    return "output.html"
