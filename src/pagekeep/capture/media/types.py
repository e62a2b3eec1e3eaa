"""Audio, video and subtitles by media type and by file name."""

import re
import unicodedata
from collections.abc import Container
from pathlib import Path
from urllib.parse import urlsplit

EXTENSIONS = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "ogv": "video/ogg",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "ts": "video/mp2t",
    "3gp": "video/3gpp",
    "mpg": "video/mpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "weba": "audio/webm",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "mka": "audio/x-matroska",
}
SUBTITLES = {
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "ttml": "application/ttml+xml",
    "ass": "text/x-ssa",
    "ssa": "text/x-ssa",
    "lrc": "text/plain",
    "srv1": "application/xml",
    "srv2": "application/xml",
    "srv3": "application/xml",
}
# Other names of the same types.
_ALIASES = {
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/x-flac": "audio/flac",
    "audio/aacp": "audio/aac",
    "application/ogg": "audio/ogg",
    "video/x-m4v": "video/mp4",
}
_ENDINGS = {mimetype: ending for ending, mimetype in reversed(EXTENSIONS.items())}
_PLAYLISTS = frozenset(
    {
        "application/vnd.apple.mpegurl",
        "application/x-mpegurl",
        "application/mpegurl",
        "audio/mpegurl",
        "audio/x-mpegurl",
        "application/dash+xml",
    }
)
_MAX_NAME_BYTES = 100
_TS_PACKET_BYTES = 188


def is_media(mimetype: str) -> bool:
    """Return whether a media type is one of audio or video, playlists not counted."""
    return (mimetype.startswith(("audio/", "video/")) or mimetype == "application/ogg") and mimetype not in _PLAYLISTS


def is_playlist(mimetype: str, url: str) -> bool:
    """Return whether an answer of this type from ``url`` is a playlist (HLS or DASH)."""
    by_name = urlsplit(url).path.lower().endswith((".m3u8", ".mpd"))
    return mimetype in _PLAYLISTS or (by_name and not mimetype.startswith("text/html"))


def ending_of(mimetype: str, url: str) -> str:
    """Return the file name's ending for an answer of this type, as far as type or address tell, else ``bin``."""
    by_name = urlsplit(url).path.rpartition(".")[2].lower()
    known = _ALIASES.get(mimetype, mimetype)
    if EXTENSIONS.get(by_name) == known or (by_name in EXTENSIONS and known not in _ENDINGS):
        return by_name
    return _ENDINGS.get(known, "bin")


def file_name(title: str, ending: str, taken: Container[str]) -> str:
    """Return a plain file name made of a hostile title: letters, digits and ``-_.`` only, not among ``taken``."""
    words = "".join(c if unicodedata.category(c)[0] in "LNM" or c in "-_." else " " for c in title[:1000])
    stem = re.sub(r"[ .-]*[ .][ .-]*", "-", words).strip("-.")
    stem = stem.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").strip("-.") or "media"
    name, number = f"{stem}.{ending}", 2
    while name in taken:
        name, number = f"{stem}-{number}.{ending}", number + 1
    return name


def true_ending(file: Path) -> str:
    """Return the ending a file's name should have: streams that came in pieces are called mp4 whatever they are.

    Told apart are MPEG transport streams (ISO/IEC 13818-1) and bare AAC (ADTS, ISO/IEC 13818-7), tagged or not.
    """
    ending = file.suffix.removeprefix(".").lower()
    if ending not in ("mp4", "m4a"):
        return ending
    with file.open("rb") as opened:
        start = opened.read(2 * _TS_PACKET_BYTES + 1)
    if len(start) > 2 * _TS_PACKET_BYTES and set(start[::_TS_PACKET_BYTES]) == {0x47}:
        return "ts"
    if start[:3] == b"ID3" or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0):
        return "aac"
    return ending
