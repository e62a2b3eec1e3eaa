"""A JPEG of the whole page, and a small thumbnail made from it."""

import asyncio
import base64
import contextlib
import io

from PIL import Image

from pagekeep.capture.formats.thumbnail import SIZE, thumbnail_of_page
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError

NEEDS_PAGE = True
QUALITY = 85
# A larger picture takes the browser hundreds of MB, so it makes one after the other (pixels).
LARGE = 7_200_000
# What the browser makes in one piece; beyond that the picture has fewer pixels than the screen.
TALLEST, LARGEST = 16_000, 48_000_000
UNFIT_WIDTH = 980


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``screenshot.jpg`` and ``thumbnail.jpg``. A page taller than the limit is cut, and the line says so."""
    metrics = await visit.page.session.call("Page.getLayoutMetrics")
    viewport = visit.request.identity.viewport
    # A telephone lays out a page that is not made for it as if it were wider.
    width = min(max(1, int(metrics["cssLayoutViewport"]["clientWidth"])), max(viewport.width, UNFIT_WIDTH))
    full = max(1, int(metrics["cssContentSize"]["height"]))
    height = min(full, visit.request.limits.height)
    scale = min(viewport.scale, TALLEST / height, (LARGEST / (width * height)) ** 0.5)
    async with visit.heavy if width * height * scale**2 > LARGE else contextlib.nullcontext():
        answer = await visit.page.session.call(
            "Page.captureScreenshot",
            format="jpeg",
            quality=QUALITY,
            captureBeyondViewport=True,
            optimizeForSpeed=True,
            clip={"x": 0, "y": 0, "width": width, "height": height, "scale": scale / viewport.scale},
        )
        image = base64.b64decode(answer.pop("data"))
    # A page too tall for the compositor comes back empty without an error.
    if not image:
        raise CaptureError(f"The browser returned an empty picture for a page {full} px tall.")
    keep("screenshot.jpg", image, "image/jpeg")
    keep("thumbnail.jpg", await asyncio.to_thread(_thumbnail, image), "image/jpeg")
    cut = f", cut from {full}" if full > height else ""
    return f"{width} × {height} px{cut}" + (f", at {scale:.3g} pixels each" if scale != 1 else "")


def _thumbnail(image: bytes) -> bytes:
    with Image.open(io.BytesIO(image)) as full:
        full.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
        return thumbnail_of_page(full)
