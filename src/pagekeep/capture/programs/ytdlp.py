"""yt-dlp, run as a program: everything it fetches passes the egress, and it starts nothing else."""

import json
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pagekeep.capture.media.types import EXTENSIONS, SUBTITLES
from pagekeep.capture.programs.run import Workplace
from pagekeep.domain.cookies import write_cookies
from pagekeep.domain.errors import ByteBudgetExceeded, TimeBudgetExceeded
from pagekeep.domain.identity import Identity, accept_language

# What is told of a medium; addresses of formats, headers and cookies carry secrets and are not.
FIELDS = (
    "id",
    "title",
    "description",
    "uploader",
    "uploader_url",
    "channel",
    "channel_url",
    "upload_date",
    "timestamp",
    "duration",
    "language",
    "license",
    "categories",
    "tags",
    "chapters",
    "view_count",
    "like_count",
    "series",
    "episode",
    "artist",
    "album",
    "track",
    "width",
    "height",
    "fps",
    "vcodec",
    "acodec",
    "webpage_url",
    "extractor_key",
)
# Neither configuration nor plugins, cache or other programs; in the PATH of a workplace it finds none either, so that
# HLS and DASH are fetched by itself and not by ffmpeg, which knows no SOCKS proxy.
SHUT_OFF = (
    "--ignore-config",
    "--no-plugin-dirs",
    "--no-cache-dir",
    "--no-js-runtimes",
    "--no-remote-components",
    "--downloader=native",
    "--fixup=never",
    "--xff=never",
)
MANNERS = (
    "--ignore-errors",
    "--no-color",
    "--no-progress",
    "--no-mtime",
    "--no-playlist",
    "--lazy-playlist",
    "--restrict-filenames",
    "--no-continue",
    "--match-filters=!is_live",
    "--socket-timeout=20",
    "--retries=3",
    "--fragment-retries=3",
    "--extractor-retries=1",
    "--abort-on-unavailable-fragments",
    "--write-subs",
    "--sub-langs=all,-live_chat",
    "--sub-format=vtt/srt/ttml/ass/best",
    "--no-simulate",
    "--no-quiet",
    # The file's name is a number; of what a site says only the ending comes into it, which yt-dlp checks.
    "--output=%(autonumber)05d.%(ext)s",
)
_FILE = re.compile(r"(\d{5,})(?:\.f[^/]*)?(?:\.(?P<language>[A-Za-z0-9_-]{1,40}))?\.(?P<ending>[a-z0-9]{2,4})")
_ERROR = re.compile(r"^ERROR: (?:\[[^\]]*\] )?(?:[^\s:]{1,200}: )?(.*)", re.MULTILINE)
_BOILERPLATE = re.compile(
    r"[;.,]? *(?:please report this issue on|Confirm you are on the latest|See +https?://github\.com/yt-dlp|Use --|"
    r"\(caused by|Try selecting another format).*",
    re.IGNORECASE | re.DOTALL,
)
_MAX_SENTENCE = 300


@dataclass(slots=True)
class Download:
    """What came of one medium: its files, more than one where picture and sound come apart, and what is told of it."""

    media: list[Path] = field(default_factory=list)
    subtitles: list[tuple[str, Path]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Downloads:
    """What came of a run, and a sentence for each thing that did not come."""

    items: list[Download]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to download. ``number`` is of media, ``size`` in bytes.

    Attributes:
        proxy: ``socks5h://…``.
        end: when all together is to have come, of the monotonic clock (seconds).
        joins: whether picture and sound that come apart can be put together afterwards.
    """

    proxy: str
    number: int
    size: int
    end: float
    joins: bool
    check_certificates: bool = True
    identity: Identity = field(default_factory=Identity)
    referer: str = ""


async def download(place: Workplace, urls: Sequence[str], wishes: Wishes) -> Downloads:
    """Download what is at ``urls``; what is whole when time or room are used up is returned all the same."""
    mark = secrets.token_hex(8)
    told = f"--print=after_move:{mark}%(.{{autonumber,{','.join(FIELDS)}}})j"
    arguments = [*_arguments(wishes), f"--format={_format(wishes)}", told, "--", *urls]
    return await _run(place, arguments, wishes, mark)


async def download_subtitles(place: Workplace, tracks: Mapping[str, str], wishes: Wishes) -> Downloads:
    """Download subtitle files: ``tracks`` tells the language of each address."""
    info = {
        "id": "0",
        "title": "subtitles",
        "extractor": "page",
        "extractor_key": "Page",
        "formats": [{"format_id": "0", "url": next(iter(tracks)), "ext": "mp4"}],
        "subtitles": {f"t{n}": [{"url": url, "ext": "vtt"}] for n, url in enumerate(tracks)},
    }
    (place.folder / "subtitles.json").write_text(json.dumps(info), encoding="utf-8")
    arguments = [*_arguments(wishes), "--skip-download", "--load-info-json=subtitles.json"]
    return await _run(place, arguments, wishes, "")


async def _run(place: Workplace, arguments: Sequence[str], wishes: Wishes, mark: str) -> Downloads:
    problems: list[str] = []
    said, complained = "", ""
    try:
        seconds = max(0.0, wishes.end - time.monotonic())
        if wishes.identity.cookies:
            # It gives each to its own sites, as a browser does; what sites set meanwhile it writes back.
            arguments = [f"--cookies={place.secret('cookies.txt', write_cookies(wishes.identity.cookies))}", *arguments]
        ended = await place.run((sys.executable, "-I", "-m", "yt_dlp", *arguments), seconds=seconds, size=wishes.size)
        said, complained = ended.output.decode(errors="replace"), ended.last_words
    except (TimeBudgetExceeded, ByteBudgetExceeded) as error:
        problems.append(str(error))
    problems.extend(_sentence(found[1]) for found in _ERROR.finditer(complained))
    if "File is larger than max-filesize" in said:
        problems.append(f"A file is larger than {wishes.size} bytes, the limit for a download.")
    if "does not pass filter (!is_live)" in said:
        problems.append("A live broadcast is not kept.")
    return Downloads(_collect(place.folder, dict(_told(said, mark)) if mark else {}), list(dict.fromkeys(problems)))


def _arguments(wishes: Wishes) -> Iterator[str]:
    yield from SHUT_OFF
    yield from MANNERS
    yield f"--proxy={wishes.proxy}"
    yield f"--max-downloads={wishes.number}"
    yield f"--playlist-items=:{wishes.number}"
    yield f"--max-filesize={wishes.size}"
    if not wishes.check_certificates:
        yield "--no-check-certificates"
    if wishes.identity.user_agent:
        yield f"--user-agent={wishes.identity.user_agent}"
    yield f"--add-headers=Accept-Language:{accept_language(wishes.identity.languages)}"
    if wishes.referer:
        yield f"--add-headers=Referer:{wishes.referer}"


def _format(wishes: Wishes) -> str:
    """Return the best quality that is not known to be too large."""
    fits = f"[filesize<?{wishes.size}][filesize_approx<?{wishes.size}]"
    apart, whole = f"bv*{fits}+ba{fits}", f"b{fits}"
    return f"{apart}/{whole}" if wishes.joins else f"{whole}/{apart}"


def _told(said: str, mark: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and description of each medium that was downloaded."""
    for line in said.splitlines():
        if line.startswith(mark):
            try:
                about = json.loads(line.removeprefix(mark))
                yield int(about.pop("autonumber")), {key: about[key] for key in FIELDS if about.get(key) is not None}
            except (ValueError, KeyError, TypeError, AttributeError):  # cut off, because it was too long
                continue


def _collect(folder: Path, told: Mapping[int, dict[str, Any]]) -> list[Download]:
    """Return the whole files; parts and anything else that lies about are left."""
    found: dict[int, Download] = {}
    for file in sorted(folder.iterdir()):
        name = _FILE.fullmatch(file.name)
        if not name or file.is_symlink() or not file.is_file() or not file.stat().st_size:
            continue
        number, ending = int(name[1]), name["ending"]
        item = found.setdefault(number, Download(about=told.get(number, {})))
        if ending in SUBTITLES:
            item.subtitles.append((name["language"] or "", file))
        elif ending in EXTENSIONS:
            item.media.append(file)
    return [found[number] for number in sorted(found)]


def _sentence(words: str) -> str:
    """Return what yt-dlp complains about as one plain sentence, without its advice for its own users."""
    plain = "".join(character for character in _BOILERPLATE.sub("", words) if character.isprintable()).strip()
    return plain[:_MAX_SENTENCE].rstrip(" .;:") + "."
