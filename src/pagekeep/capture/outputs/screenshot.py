"""A JPEG of the whole page, and a small thumbnail made from it."""

import asyncio
import base64
import contextlib
import io

from PIL import Image

from pagekeep.capture.formats.thumbnail import SIZE, thumbnail_of_page
from pagekeep.capture.page import WIDTH
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError

NEEDS_PAGE = True
QUALITY = 85
# A taller picture takes the browser hundreds of MB, so it makes one after the other (CSS pixels).
TALL = 5_000


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``screenshot.jpg`` and ``thumbnail.jpg``. A page taller than the limit is cut, and the line says so."""
    metrics = await visit.page.session.call("Page.getLayoutMetrics")
    full = max(1, int(metrics["cssContentSize"]["height"]))
    height = min(full, visit.request.limits.height)
    async with visit.heavy if height > TALL else contextlib.nullcontext():
        answer = await visit.page.session.call(
            "Page.captureScreenshot",
            format="jpeg",
            quality=QUALITY,
            captureBeyondViewport=True,
            optimizeForSpeed=True,
            clip={"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1},
        )
        image = base64.b64decode(answer.pop("data"))
    # A page too tall for the compositor comes back empty without an error.
    if not image:
        raise CaptureError(f"The browser returned an empty picture for a page {full} px tall.")
    keep("screenshot.jpg", image, "image/jpeg")
    keep("thumbnail.jpg", await asyncio.to_thread(_thumbnail, image), "image/jpeg")
    return f"{WIDTH} × {height} px" + (f", cut from {full}" if full > height else "")


def _thumbnail(image: bytes) -> bytes:
    with Image.open(io.BytesIO(image)) as full:
        full.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
        return thumbnail_of_page(full)
