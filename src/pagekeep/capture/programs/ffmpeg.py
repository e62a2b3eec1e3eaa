"""ffmpeg, where it is installed: puts together picture and sound that a site sends apart, and stays off the network."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from pagekeep.capture.programs.run import Workplace
from pagekeep.domain.errors import CaptureError

# How it reads files of each ending. Told so it tries no other way: playlists, say, could name further files.
_DEMUXERS = {
    "mp4": "mov",
    "m4v": "mov",
    "m4a": "mov",
    "mov": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "ts": "mpegts",
}


def find_ffmpeg() -> str | None:
    """Return the path of ffmpeg, None where it is not installed."""
    return shutil.which("ffmpeg")


async def join(ffmpeg: str, place: Workplace, parts: Sequence[Path], *, seconds: float, size: int) -> list[Path]:
    """Return one file made of ``parts``, nothing recoded; ``parts`` themselves where that does not work."""
    endings = [part.suffix.removeprefix(".") for part in parts]
    if not all(ending in _DEMUXERS for ending in endings):
        return list(parts)
    kinds = {_DEMUXERS[ending] for ending in endings}
    ending = "mp4" if kinds <= {"mov", "mpegts"} else "webm" if set(endings) == {"webm"} else "mkv"
    joined = parts[0].with_name(f"joined-{parts[0].stem[:5]}.{ending}")
    inputs = [
        argument
        for part, kind in zip(parts, endings, strict=True)
        for argument in ("-protocol_whitelist", "file", "-f", _DEMUXERS[kind], "-i", f"file:{part}")
    ]
    maps = [argument for number in range(len(parts)) for argument in ("-map", f"{number}:v?", "-map", f"{number}:a?")]
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error")
    try:
        ended = await place.run(
            (ffmpeg, *quiet, *inputs, *maps, "-c", "copy", f"file:{joined}"), seconds=seconds, size=size
        )
    except CaptureError:
        return list(parts)
    return [joined] if ended.status == 0 and joined.is_file() else list(parts)
