"""What a stranger's PDF or picture looks like and says, found out by a process that has nothing to lose."""

import asyncio
import re
import stat
import sys
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pagekeep.capture.formats.preview_kinds import TEXT, THUMBNAIL, TITLE
from pagekeep.capture.programs.run import workplace
from pagekeep.capture.recording.body import Body
from pagekeep.domain.errors import ByteBudgetExceeded, CaptureError, TimeBudgetExceeded

SECONDS = 60.0
_MODULE = "pagekeep.capture.formats.preview"
_ROOM_BYTES = 32 << 20
_MOST_BYTES = {TEXT: 16 << 20, THUMBNAIL: 1 << 20, TITLE: 1 << 16}
_MAX_TITLE = 500
_MAX_SAID = 300


@dataclass(frozen=True, slots=True)
class Preview:
    """What was made of a file.

    Attributes:
        text: a file with the text of a PDF, None where there is none.
        thumbnail: a JPEG, None where there is none.
        title: what a PDF says it is called, one line, possibly empty.
        missing: what could not be made, in a few words, possibly empty.
    """

    text: Path | None
    thumbnail: Path | None
    title: str
    missing: str


@asynccontextmanager
async def preview(body: Body, temp_dir: Path | None, seconds: float = SECONDS) -> AsyncIterator[Preview]:
    """Lend the preview of a file; its own files are gone afterwards.

    Args:
        body: the file, one that :func:`pagekeep.capture.formats.preview_kinds.has_preview`.
        temp_dir: where the process runs; the system's own place for temporary folders by default.
        seconds: how long it may take.

    Raises:
        CaptureError: there is no process to be had, or no room on the disk.
    """
    async with workplace(temp_dir) as place:
        source, made = place.folder / "file", place.folder / "made"
        made.mkdir()
        try:
            await asyncio.to_thread(_copy, body, source)
        except OSError as error:
            raise CaptureError(f"The disk did not take the file ({error.strerror}).") from error
        try:
            program = (sys.executable, "-I", "-m", _MODULE, str(source), str(made))
            ended = await place.run(program, seconds=seconds, size=body.size + _ROOM_BYTES)
            said = ended.output.strip().replace(b"\n", b"; ")
            missing = "no full preview: the file is damaged" if ended.status else _line(said, _MAX_SAID)
        except TimeBudgetExceeded:
            missing = f"no full preview within {seconds:.0f} seconds"
        except ByteBudgetExceeded:
            missing = "no full preview: it is too large"
        title = _line(found.read_bytes(), _MAX_TITLE) if (found := _file(made / TITLE)) else ""
        yield Preview(_file(made / TEXT), _file(made / THUMBNAIL), title, missing)


def _copy(body: Body, target: Path) -> None:
    with target.open("wb") as file:
        for chunk in body.chunks():
            file.write(chunk)


def _file(path: Path) -> Path | None:
    """Return ``path`` where it is a plain file of bearable size: a process that was taken over may leave anything."""
    try:
        about = path.lstat()
    except OSError:
        return None
    return path if stat.S_ISREG(about.st_mode) and about.st_size <= _MOST_BYTES[path.name] else None


def _line(data: bytes, longest: int) -> str:
    """Return hostile text as one line of plain characters."""
    text = data[: 4 * longest].decode(errors="replace")
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return re.sub(r"\s+", " ", plain).strip()[:longest]
