"""The page's audio, video and subtitles: from the recording where it holds them whole, else by yt-dlp."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from pagekeep.capture.chromium.devtools import DevToolsError
from pagekeep.capture.media.found import MediaFound, find_media
from pagekeep.capture.media.recorded import find_refusal, find_whole
from pagekeep.capture.media.types import EXTENSIONS, SUBTITLES, ending_of, file_name, is_media, true_ending
from pagekeep.capture.page import as_json, script
from pagekeep.capture.programs.ffmpeg import find_ffmpeg, join
from pagekeep.capture.programs.run import Workplace, workplace
from pagekeep.capture.programs.ytdlp import Download, Wishes, download, download_subtitles
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError, NoResult, Skipped

NEEDS_PAGE = False
MAX_MEDIA = 20
MAX_SUBTITLES = 20
_PENDING_SECONDS = 5.0
# Of the time for the output, what is left for keeping what has come.
_KEEPING_SHARE = 0.1
_BY_STATIC = "The file itself is kept by static."


async def make(visit: Visit, keep: Keep) -> str:
    """Keep each medium as a file of its own, subtitles beside them, and ``media.json``, which tells of each."""
    seconds = visit.request.limits.download
    end = time.monotonic() + seconds * (1 - 2 * _KEEPING_SHARE)
    if visit.recorder.kept_back and is_media(visit.recorder.kept_back.mimetype) and visit.files("static"):
        raise Skipped(_BY_STATIC)
    await visit.recorder.finish(min(_PENDING_SECONDS, seconds * _KEEPING_SHARE))
    found = find_media(visit.final_url, await _in_page(visit), visit.recorder.exchanges) if visit.main else MediaFound()
    addresses = found.addresses
    if not addresses:
        raise Skipped("The page has no audio or video.")
    kept = _Kept(visit, keep)
    missing = [url for url in addresses[:MAX_MEDIA] if not await kept.from_recording(url)]
    tracks = dict(list(found.subtitles.items())[:MAX_SUBTITLES])
    missing_tracks = {url: lang for url, lang in tracks.items() if not await kept.track_from_recording(url, lang)}
    if missing or missing_tracks:
        async with workplace(visit.temp_dir) as place:
            await kept.downloaded(place, missing, missing_tracks, end)
    left_out = len(addresses) - len(addresses[:MAX_MEDIA])
    if left_out:
        kept.problems.append(f"{left_out} more were left out, beyond {MAX_MEDIA}.")
    if not kept.told and found.streams and addresses == [visit.final_url]:
        raise NoResult("The page plays something that yt-dlp does not find.")
    if not kept.told:
        raise CaptureError(" ".join(kept.problems) or "yt-dlp found nothing to download.")
    await keep("media.json", as_json(kept.told), "application/json")
    return kept.summary()


async def _in_page(visit: Visit) -> list[Mapping[str, Any]]:
    """Return what each frame has; nothing where there is no page, or one that does not answer."""
    found: list[Mapping[str, Any]] = []
    if visit.opened is None:
        return found
    try:
        async with asyncio.timeout(visit.request.limits.output):
            for frame in await visit.page.frames():
                try:
                    found.append(await visit.page.run(script("media.js"), frame=frame))
                except DevToolsError:  # a frame may leave at any time
                    continue
    except (TimeoutError, DevToolsError):
        visit.page.session.post("Runtime.terminateExecution")
    return found


class _Kept:
    """What has been kept so far, and what could not be."""

    def __init__(self, visit: Visit, keep: Keep) -> None:
        self.told: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self._visit, self._keep = visit, keep
        self._names: set[str] = {"media.json"}
        self._kinds: Counter[str] = Counter()
        self._left = visit.request.limits.download_size

    async def from_recording(self, url: str) -> bool:
        """Keep what the recording holds whole; return whether all is known of it."""
        if refused := find_refusal(url, self._visit.recorder.exchanges):
            self.problems.append(refused)
            return True
        whole = await asyncio.to_thread(find_whole, url, self._visit.recorder.exchanges)
        if whole is None or not is_media(whole[1]) or whole[0].size > self._left:
            return False
        body, mimetype = whole
        last = unquote(urlsplit(url).path).rpartition("/")[2]
        name = self._name(last.rpartition(".")[0] or last, ending_of(mimetype, url))
        await self._keep.stream(name, body.chunks(), mimetype)
        self._note(name, mimetype, body.size, {"url": url, "from": "the recording"})
        return True

    async def track_from_recording(self, url: str, language: str) -> bool:
        """Keep a subtitle file the browser has loaded; return whether it has."""
        exchange = self._visit.recorder.find(url)
        if exchange is None or exchange.status != 200 or not exchange.body:
            return False
        if _is_webvtt(exchange.body.start(16)):
            name = self._name(_stem(url), _subtitle_ending(language))
            await self._keep.stream(name, exchange.body.chunks(), SUBTITLES["vtt"])
            self._note(name, SUBTITLES["vtt"], exchange.body.size, {"url": url, "from": "the recording"})
        return True

    async def downloaded(self, place: Workplace, urls: list[str], tracks: Mapping[str, str], end: float) -> None:
        """Keep what yt-dlp finds at ``urls`` and subtitles the page names, until ``end`` (of the monotonic clock)."""
        visit, limits = self._visit, self._visit.request.limits
        ffmpeg = find_ffmpeg()
        wishes = Wishes(
            proxy=visit.egress.proxy_url.replace("socks5:", "socks5h:"),
            number=MAX_MEDIA,
            size=self._left,
            end=end,
            joins=ffmpeg is not None,
            check_certificates=visit.request.check_certificates,
            identity=visit.request.identity,
            # Other hosts are told the page's host, as the browser would, and no more of its address.
            referer=urljoin(visit.final_url, "/"),
        )
        if tracks:
            came = await download_subtitles(place, tracks, wishes)
            languages = list(tracks.items())
            for number, file in (pair for item in came.items for pair in item.subtitles):
                url, language = languages[int(number.removeprefix("t"))]
                if _is_webvtt(file.read_bytes()):
                    about = {"url": url, "from": "yt-dlp"}
                    await self._file(file, _stem(url), _subtitle_ending(language), SUBTITLES["vtt"], about)
                file.unlink()
        if not urls:
            return
        came = await download(place, urls, wishes)
        self.problems.extend(self._explain(urls) or came.problems)
        for item in came.items:
            item.media = [_by_content(file) for file in item.media]
            if ffmpeg and (len(item.media) > 1 or [file.suffix for file in item.media] == [".ts"]):
                seconds = limits.download * _KEEPING_SHARE
                item.media = await join(ffmpeg, place, item.media, seconds=seconds, size=2 * self._left)
            await self._item(item)

    async def _item(self, item: Download) -> None:
        title = str(item.about.get("title") or "media")
        if len(item.media) > 1:
            self.problems.append("Picture and sound are in files of their own: install ffmpeg to have them joined.")
        for file in item.media:
            ending = file.suffix.removeprefix(".")
            await self._file(file, title, ending, EXTENSIONS[ending], {"from": "yt-dlp"} | item.about)
        for language, file in item.subtitles:
            ending = file.suffix.removeprefix(".")
            full = f"{language}.{ending}" if language else ending
            await self._file(file, title, full, SUBTITLES[ending], {"from": "yt-dlp"})

    async def _file(self, file: Path, title: str, ending: str, mimetype: str, about: dict[str, Any]) -> None:
        size = os.stat(file).st_size
        if size > self._left:
            self.problems.append("There is more than the limit for a download allows.")
            return
        name = self._name(title, ending)
        await self._keep.file(name, file, mimetype)
        self._note(name, mimetype, size, about)

    def _name(self, title: str, ending: str) -> str:
        name = file_name(title, ending, self._names)
        self._names.add(name)
        return name

    def _note(self, name: str, mimetype: str, size: int, about: dict[str, Any]) -> None:
        self._left -= size
        kind = mimetype.partition("/")[0]
        self._kinds[kind if kind in ("audio", "video") else "subtitles"] += 1
        self.told.append({"file": name, "type": mimetype} | about)

    def _explain(self, urls: list[str]) -> list[str]:
        """Return why the egress did not let yt-dlp reach a host: it knows better than yt-dlp."""
        reasons = []
        for url in urls:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            reasons.append(self._visit.egress.refusal(parts.hostname or "", port))
        return list(dict.fromkeys(reason for reason in reasons if reason))

    def summary(self) -> str:
        """Return how much was kept, and what was not."""
        return "; ".join([", ".join(f"{count} {kind}" for kind, count in self._kinds.items()), *self.problems])


def _by_content(file: Path) -> Path:
    """Name a file as what it is."""
    return file.rename(file.with_suffix(f".{true_ending(file)}"))


def _is_webvtt(body: bytes) -> bool:
    """Return whether this is a subtitle file (WebVTT, section 4.1)."""
    return body.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")


def _stem(url: str) -> str:
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    return last.rpartition(".")[0] or last


def _subtitle_ending(language: str) -> str:
    plain = "".join(
        character for character in language if character.isascii() and (character.isalnum() or character in "-_")
    )
    return f"{plain}.vtt" if plain else "vtt"
