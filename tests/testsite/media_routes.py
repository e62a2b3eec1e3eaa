"""Audio, playlists and subtitles, made of a tone; and pages that hold them."""

import io
import math
import re
import struct
import wave
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad

from testsite.hostile_routes import _start, _until_gone

if TYPE_CHECKING:
    from testsite.server import Handler

SUBTITLES = "WEBVTT\n\n00:00.000 --> 00:01.000\nA tone sounds.\n"
PIECES = 3
KEY = bytes(range(16))
ODD_NAMES = {
    "climbing": "..%2F..%2F..%2Fevil.wav",
    "zero": "be%00fore.wav",
    "long": "x" * 4000 + ".wav",
    "markup": "%3Cscript%3E%22'%0a.wav",
}
PAGES = {
    "page": """<title>A tone</title>
<audio controls src="/media/tone.wav"></audio>
<video controls><source src="/media/ranged.wav" type="audio/wav">
<track default srclang="en" src="/media/read.vtt"><track srclang="de" src="/media/unread.vtt"></video>""",
    "playlist": '<title>Pieces</title><video preload="none" src="/media/list.m3u8"></video>',
    "locked": '<title>Locked</title><video preload="none" src="/media/locked.m3u8"></video>',
    "live": '<title>Live</title><video preload="none" src="/media/live.m3u8"></video>',
    "endless": '<title>Endless</title><audio preload="none" src="/media/endless.mp3"></audio>',
    "private": '<title>Private</title><video preload="none" src="http://10.255.255.1/secret.mp4"></video>',
    "gone": '<title>Gone</title><video preload="none" src="/status/404"></video>',
    "refused": '<title>Refused</title><video src="/status/404"></video>',
    "mixed": """<title>Mixed</title><audio src="/media/tone.wav"></audio>
<video preload="none" src="http://10.255.255.1/secret.mp4"></video>""",
    "many": "<title>Many</title>"
    + "".join(f'<audio preload="none" src="/media/tone.wav?{number}"></audio>' for number in range(1000)),
    "odd": "<title>Odd</title>"
    + "".join(f'<audio preload="none" src="/media/odd/{name}"></audio>' for name in ODD_NAMES.values()),
    "told": """<title>Told</title><meta property="og:audio" content="/media/tone.wav?og">
<script type="application/ld+json">{"@graph": [{"@type": "VideoObject", "contentUrl": "/media/tone.wav?ld"}]}</script>
<script type="application/ld+json">{broken</script>""",
    "without": """<title>Without</title><img src="/image/00aa00-8x8.png" alt="">
<iframe src="/plain"></iframe><video src="data:video/mp4,x"></video><meta property="og:video" content="/article">""",
}


def tone(seconds: float = 0.5) -> bytes:
    """Return a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(
            b"".join(struct.pack("<h", int(9000 * math.sin(n * 0.35))) for n in range(int(8000 * seconds)))
        )
    return out.getvalue()


def piece(number: int) -> bytes:
    """Return a piece of a stream that no other piece is like."""
    return bytes([0xFF, 0xF1, 0x50, 0x80, number]) * 1000


def _tone(handler: "Handler") -> None:
    handler.reply(tone(), "audio/wav")


def _ranged(handler: "Handler") -> None:
    """The tone, for who asks for ranges in ranges."""
    whole = tone()
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    if not asked:
        handler.reply(whole, "audio/wav", headers=[("Accept-Ranges", "bytes")])
        return
    start, end = int(asked[1]), int(asked[2] or len(whole) - 1)
    headers = [("Accept-Ranges", "bytes"), ("Content-Range", f"bytes {start}-{end}/{len(whole)}")]
    handler.reply(whole[start : end + 1], "audio/wav", status=206, headers=headers)


def _subtitles(handler: "Handler") -> None:
    handler.reply(SUBTITLES, "text/vtt")


def _master(handler: "Handler") -> None:
    playlist = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\ninner.m3u8\n'
    handler.reply(playlist, "application/vnd.apple.mpegurl")


def _playlist(handler: "Handler") -> None:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines += [f"#EXTINF:1.0,\npiece/{number}.aac" for number in range(PIECES)]
    if "locked" in handler.path:
        lines.insert(2, '#EXT-X-KEY:METHOD=AES-128,URI="key"')
        lines = [line.replace("piece/", "locked/") for line in lines]
    if "live" not in handler.path:
        lines.append("#EXT-X-ENDLIST")
    handler.reply("\n".join(lines) + "\n", "application/vnd.apple.mpegurl")


def _piece(handler: "Handler") -> None:
    handler.reply(piece(int(re.sub(r"\D", "", urlsplit(handler.path).path.rpartition("/")[2]))), "audio/aac")


def _locked_piece(handler: "Handler") -> None:
    """A piece as RFC 8216, section 5.2 has it: AES-128 in CBC mode, its number as initialisation vector."""
    number = int(re.sub(r"\D", "", handler.path))
    cipher = AES.new(KEY, AES.MODE_CBC, iv=number.to_bytes(16))
    handler.reply(cipher.encrypt(pad(piece(number), 16)), "audio/aac")


def _key(handler: "Handler") -> None:
    handler.reply(KEY, "application/octet-stream")


def _endless(handler: "Handler") -> None:
    _start(handler, "audio/mpeg")
    if handler.command == "GET":
        _until_gone(handler, lambda: handler.wfile.write(bytes(200_000)), 0.01)


def _page(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.rpartition("/")[2]
    handler.reply(f"<!doctype html>{PAGES[name]}")


MEDIA: dict[str, Callable[["Handler"], None]] = {
    "/media/tone.wav": _tone,
    "/media/ranged.wav": _ranged,
    "/media/odd/": _tone,
    "/media/read.vtt": _subtitles,
    "/media/unread.vtt": _subtitles,
    "/media/list.m3u8": _master,
    "/media/inner.m3u8": _playlist,
    "/media/live.m3u8": _playlist,
    "/media/piece/": _piece,
    "/media/locked.m3u8": _playlist,
    "/media/locked/": _locked_piece,
    "/media/key": _key,
    "/media/endless.mp3": _endless,
    "/media/in/": _page,
}
