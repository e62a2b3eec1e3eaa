"""Every link and embedded resource of the page, absolute, by kind."""

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.page import as_json, script
from pagekeep.capture.visit import Keep, Visit

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``outlinks.json``: kind → URLs, as the page has them; ``requested`` is what was loaded in fact, sorted."""
    found: dict[str, dict[str, None]] = {"links": {}}
    for frame in await visit.page.frames():
        try:
            kinds = await visit.page.run(script("outlinks.js"), frame=frame)
        except DevToolsError:  # a frame may leave at any time; the main frame may not
            if frame.id == visit.page.main_frame_id:
                raise
            continue
        for kind, urls in kinds.items():
            found.setdefault(kind, {}).update(dict.fromkeys(urls))
    found["requested"] = dict.fromkeys(sorted({exchange.url for exchange in visit.recorder.exchanges}))
    keep("outlinks.json", as_json({kind: list(urls) for kind, urls in found.items()}), "application/json")
    return f"{len(found['links'])} links"
