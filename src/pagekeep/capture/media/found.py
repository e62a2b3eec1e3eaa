"""What a page has of audio and video, found without any download: from the page, its recording, and its address."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from pagekeep.capture.media.types import EXTENSIONS, is_media, is_playlist
from pagekeep.capture.recording.exchange import Exchange

_MAX_URL = 4096
# Pages, and players put into other pages, of hosts that yt-dlp knows by name: one medium or one list of them each.
_MEDIA_PAGES = re.compile(
    r"https?://(?:www\.|m\.|music\.)?(?:"
    r"youtube(?:-nocookie)?\.com/(?:watch\?|shorts/|live/|embed/(?!videoseries)|v/)"
    r"|youtu\.be/[\w-]+"
    r"|(?:player\.)?vimeo\.com/(?:video/|[\w-]+/)?\d+"
    r"|(?:geo\.)?dailymotion\.com/(?:embed/)?(?:video/|player)|dai\.ly/\w+"
    r"|soundcloud\.com/[\w-]+/[\w-]+|w\.soundcloud\.com/player/"
    r"|[\w-]+\.bandcamp\.com/(?:track|album)/|bandcamp\.com/EmbeddedPlayer/"
    r"|mixcloud\.com/[\w-]+/[\w-]+"
    r"|twitch\.tv/videos/\d+|clips\.twitch\.tv/\w+|twitch\.tv/\w+/clip/|player\.twitch\.tv/"
    r"|tiktok\.com/@[\w.-]+/video/\d+|tiktok\.com/(?:embed|player)/"
    r"|rumble\.com/(?:v\w+-|embed/)|odysee\.com/@[^/]+/|streamable\.com/\w+"
    r"|bilibili\.com/video/|player\.bilibili\.com/|nicovideo\.jp/watch/"
    r"|media\.ccc\.de/v/|ted\.com/talks/|embed\.ted\.com/talks/|archive\.org/embed/"
    r"|fast\.wistia\.(?:net|com)/embed/|cdn\.jwplayer\.com/(?:players|previews)/|players\.brightcove\.net/"
    r")",
    re.IGNORECASE,
)


@dataclass(slots=True)
class MediaFound:
    """What there is to keep. ``streams`` tells that the page plays something that has no address of its own.

    Attributes:
        sources: addresses of media files and playlists.
        players: addresses of pages that yt-dlp knows how to read.
        subtitles: language by address.
    """

    sources: dict[str, None] = field(default_factory=dict)
    players: dict[str, None] = field(default_factory=dict)
    subtitles: dict[str, str] = field(default_factory=dict)
    streams: bool = False

    @property
    def addresses(self) -> list[str]:
        """Every address, sources first."""
        return list(self.sources | self.players)


def is_media_page(url: str) -> bool:
    """Return whether ``url`` is a page, or an embedded player, of a well-known media host."""
    return _MEDIA_PAGES.match(url) is not None


def find_media(page_url: str, in_page: Iterable[Mapping[str, Any]], exchanges: Sequence[Exchange]) -> MediaFound:
    """Put together what is known.

    Args:
        page_url: where the visit led.
        in_page: what ``media.js`` found in each frame.
        exchanges: what was recorded.
    """
    if is_media_page(page_url):
        return MediaFound(players={page_url: None})
    found = MediaFound()
    for frame in in_page:
        found.sources.update(dict.fromkeys(url for url in frame["sources"] if len(url) <= _MAX_URL))
        for url in frame["players"]:
            if is_media_page(url):
                found.players[url] = None
            elif _has_extension(url):
                found.sources[url] = None
        found.subtitles.update({track["url"]: track["language"] for track in frame["subtitles"]})
        found.streams = found.streams or frame["streams"]
    playlists = [e for e in exchanges if _answered(e) and is_playlist(e.mimetype, e.url)]
    pieces = {_joined(e.url, line) for e in playlists for line in _lines(e)}
    found.sources.update(dict.fromkeys(url for url in _played(exchanges) if url not in pieces))
    # A playlist that another recorded one leads to is a part of that.
    found.sources.update(dict.fromkeys(e.url for e in playlists if e.url not in pieces))
    if found.streams and not found.addresses:
        found.players[page_url] = None
    return found


def _has_extension(url: str) -> bool:
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return len(url) <= _MAX_URL and (ending in EXTENSIONS or ending in ("m3u8", "mpd"))


def _played(exchanges: Sequence[Exchange]) -> Iterable[str]:
    """Yield what the browser loaded to play it, or as the page itself; what scripts loaded may be only pieces."""
    redirected = {_joined(e.url, e.header("location")) for e in exchanges if 300 <= e.status < 400}
    for exchange in exchanges:
        plays = exchange.resource_type == "Media" or exchange.resource_type == "Document"
        if plays and _answered(exchange) and is_media(exchange.mimetype) and exchange.url not in redirected:
            yield exchange.url


def _answered(exchange: Exchange) -> bool:
    return exchange.status in (200, 206) and exchange.method == "GET"


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url).split("#")[0]
    except ValueError:  # not a URL, and so nowhere anybody went
        return ""


def _lines(playlist: Exchange) -> Iterable[str]:
    """Yield what an HLS playlist (RFC 8216) names: its lines, and the ``URI`` attributes of its tags."""
    text = playlist.body.start(1 << 20).decode(errors="replace")
    yield from (line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    yield from re.findall(r'URI="([^"\n]*)"', text)
