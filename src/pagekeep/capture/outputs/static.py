"""The main response itself where it is a file and no page, and a preview of a PDF or a picture."""

import re
import time

from pagekeep.capture.formats.file_names import file_name
from pagekeep.capture.formats.preview_kinds import SNIFFED, TEXT, THUMBNAIL, has_preview
from pagekeep.capture.known_file import Unchanged
from pagekeep.capture.programs.preview import SECONDS, preview
from pagekeep.capture.recording.body import Body
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError, NoResult, Skipped

NEEDS_PAGE = False
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;\s*charset=\"?[\w-]+\"?)?", re.ASCII)
# Of the time for the output, what may have passed when the preview ends.
_SHARE = 0.8


async def make(visit: Visit, keep: Keep) -> str:
    """Keep the file under its own name, ``thumbnail.jpg`` of a PDF or picture, and ``text.txt`` of a PDF.

    What has not changed since an earlier snapshot is kept as it is there.
    """
    end = time.monotonic() + _SHARE * visit.request.limits.download
    if visit.recorder.unchanged:
        return await _keep_again(visit, keep, visit.recorder.unchanged)
    file = visit.recorder.kept_back
    if file is None:
        raise Skipped("The server sent a page; the other outputs keep it.")
    if file.truncated:
        raise CaptureError("The file did not come whole.")
    if not file.body:
        raise NoResult("The file is empty.")
    name = file_name(file.header("content-disposition"), file.url, file.mimetype)
    if name.lower() in (TEXT, THUMBNAIL):  # the names of what we make of it
        name = name.replace(".", "_.")
    declared = _MEDIA_TYPE.match(file.header("content-type"))
    await keep.stream(name, file.body.chunks(), declared[0] if declared else "application/octet-stream")
    title = missing = ""
    if has_preview(file.body.start(SNIFFED)):
        title, missing = await _preview(visit, keep, file.body, max(0.0, min(SECONDS, end - time.monotonic())))
    visit.title = visit.title or title or name
    return f"{name}; {missing}" if missing else name


async def _keep_again(visit: Visit, keep: Keep, unchanged: Unchanged) -> str:
    """Keep what an earlier snapshot has: the file, and what was made of it."""
    for stored, body in ((unchanged.stored, unchanged.original.body), *unchanged.made):
        await keep.stream(stored.path, body.chunks(), stored.mimetype)
    visit.title = unchanged.title or unchanged.stored.path
    return f"{unchanged.stored.path}; unchanged since {unchanged.since}"


async def _preview(visit: Visit, keep: Keep, body: Body, seconds: float) -> tuple[str, str]:
    """Keep what the file shows; return the title it has of its own, and what of a preview is missing."""
    try:
        async with preview(body, visit.temp_dir, seconds) as made:
            if made.text:
                await keep.file(TEXT, made.text, "text/plain; charset=utf-8")
            if made.thumbnail:
                await keep.file(THUMBNAIL, made.thumbnail, "image/jpeg")
            return made.title, made.missing
    except CaptureError as error:
        return "", f"no preview: {error}"
