"""The page's best icon, asked for once: the browser without a window does not ask for it itself."""

import io
import re
from urllib.parse import urljoin

from PIL import Image, UnidentifiedImageError

from pagekeep.capture.page import script
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError, NoResult

NEEDS_PAGE = True
WANTED_PIXELS = 64
TRIES = 3
LARGEST = 4 << 20
TYPES = {"PNG": "image/png", "ICO": "image/x-icon", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
# Every alternative is atomic: what a comment took, no other way of reading it can give back.
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s|<\?.*?\?>|<!--.*?-->|<!doctype\s+svg\b[^>\[]*(?:\[[^\]]*\]\s*)?>)*+<(?:[\w.-]+:)?svg[\s/>]",
    re.IGNORECASE | re.DOTALL,
)
_SIZE = re.compile(r"(\d{1,5})x\d{1,5}", re.ASCII)


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``favicon.ico``; the name is fixed, the type is what the bytes are."""
    named: list[dict[str, str]] = sorted(await visit.page.run(script("icons.js")), key=_preference)
    candidates = list(dict.fromkeys([*(icon["href"] for icon in named), urljoin(visit.final_url, "/favicon.ico")]))
    for url in candidates[:TRIES]:
        if not url.startswith(("http://", "https://")):
            continue
        exchange = await _fetch(visit, url)
        mimetype = _image_type(exchange.body.read()) if exchange and _may_be_icon(exchange) else ""
        if exchange and mimetype:
            keep("favicon.ico", exchange.body.read(), mimetype)
            return url
    raise NoResult("The site has no icon.")


def _may_be_icon(exchange: Exchange) -> bool:
    return exchange.status == 200 and exchange.body.size <= LARGEST


async def _fetch(visit: Visit, url: str) -> Exchange | None:
    try:
        return visit.recorder.find(url) or await visit.page.fetch(url)
    except CaptureError:  # an icon that cannot be had is the same as none
        return None


def _preference(icon: dict[str, str]) -> tuple[int, int]:
    """Sort real icons before mask icons, and the size nearest to what is wanted first."""
    rank = 2 if "mask-icon" in icon["rel"] else 1 if "apple-touch" in icon["rel"] else 0
    sizes = icon["sizes"].lower().split()
    if "any" in sizes or "svg" in icon["type"]:
        return rank, 0
    edges = [int(found[1]) for found in map(_SIZE.fullmatch, sizes) if found]
    return rank, min((abs(edge - WANTED_PIXELS) for edge in edges), default=WANTED_PIXELS)


def _image_type(body: bytes) -> str:
    """Return the media type of an image, or an empty string where ``body`` is none."""
    if _SVG.match(body):
        return "image/svg+xml"
    try:
        with Image.open(io.BytesIO(body), formats=tuple(TYPES)) as image:
            return TYPES[image.format or ""]
    except (UnidentifiedImageError, OSError, KeyError, ValueError, Image.DecompressionBombError):
        return ""
