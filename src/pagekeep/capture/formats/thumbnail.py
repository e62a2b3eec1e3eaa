"""Small pictures of large ones, all of one size: what lists of snapshots show."""

import io

from PIL import Image

SIZE = (320, 240)
QUALITY = 80


def thumbnail_of_page(picture: Image.Image) -> bytes:
    """Return the top of a page as a JPEG of :data:`SIZE` pixels, as wide as that, on white."""
    width = picture.width
    top = picture.crop((0, 0, width, min(picture.height, max(1, width * SIZE[1] // SIZE[0]))))
    top.thumbnail(SIZE)
    return _on_white(top, (0, 0))


def thumbnail_of_picture(picture: Image.Image) -> bytes:
    """Return the whole of a picture, which is changed, as a JPEG of :data:`SIZE` pixels: in its middle, on white."""
    picture.thumbnail(SIZE)
    return _on_white(picture, ((SIZE[0] - picture.width) // 2, (SIZE[1] - picture.height) // 2))


def _on_white(small: Image.Image, where: tuple[int, int]) -> bytes:
    canvas = Image.new("RGB", SIZE, "white")
    canvas.paste(small, where, small if "A" in small.getbands() else None)
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
