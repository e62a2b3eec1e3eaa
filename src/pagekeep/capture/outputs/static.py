"""The main response itself where it is a file and no page: a PDF, a picture, text, an archive."""

import re

from pagekeep.capture.formats.file_names import file_name
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError, NoResult, Skipped

NEEDS_PAGE = False
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;\s*charset=\"?[\w-]+\"?)?", re.ASCII)


async def make(visit: Visit, keep: Keep) -> str:
    """Keep the file under its own name."""
    file = visit.recorder.kept_back
    if file is None:
        raise Skipped("The server sent a page; the other outputs keep it.")
    if file.truncated:
        raise CaptureError("The file did not come whole.")
    if not file.body:
        raise NoResult("The file is empty.")
    name = file_name(file.header("content-disposition"), file.url, file.mimetype)
    visit.title = visit.title or name
    declared = _MEDIA_TYPE.match(file.header("content-type"))
    await keep.stream(name, file.body.chunks(), declared[0] if declared else "application/octet-stream")
    return name
