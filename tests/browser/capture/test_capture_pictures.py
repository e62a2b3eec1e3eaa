"""What is kept of a page as pictures: screenshot, thumbnail, PDF."""

import re
import zlib

import pytest
from PIL import Image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def _near(pixel, colour, slack=12):
    return all(abs(have - want) <= slack for have, want in zip(pixel[:3], colour, strict=True))


def _pdf_text(data: bytes) -> bytes:
    """Return the PDF with its compressed streams unpacked: enough to look for names."""
    parts = [data]
    for match in re.finditer(rb"stream\r?\n", data):
        try:
            parts.append(zlib.decompressobj().decompress(data[match.end() :]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_screenshot_is_a_good_jpeg_of_the_full_width(captured):
    visit = captured("/article")
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        assert image.format == "JPEG"
        assert image.width == 1440
        # The first entry of the standard luminance table is 16: quality 80 scales it to 6 (Annex K of ITU-T T.81).
        assert image.quantization[0][0] <= 6
    assert visit.result("screenshot").files[0].mimetype == "image/jpeg"


def test_screenshot_is_as_tall_as_the_page_and_shows_lazy_pictures(captured):
    visit = captured("/lazy")
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        assert image.height == 5000 + 200 + 3000 + 200
        assert _near(image.getpixel((200, 5100)), RED)
        assert _near(image.getpixel((200, 8300)), BLUE)


def test_page_taller_than_the_limit_is_cut_and_the_line_says_so(captured):
    visit = captured("/tall")
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        assert image.size == (1440, 16_000)
        assert _near(image.getpixel((700, 15_800)), RED)
        assert _near(image.getpixel((700, 15_990)), BLUE)
    assert "cut from 20000" in visit.result("screenshot").summary


def test_thumbnail_is_small_and_shows_the_top_of_the_page(captured):
    visit = captured("/tall")
    thumbnail = visit.path("screenshot", "thumbnail.jpg")
    with Image.open(thumbnail) as image:
        assert (image.format, image.size) == ("JPEG", (320, 240))
        assert _near(image.getpixel((160, 200)), RED)
    assert thumbnail.stat().st_size < 40_000


def test_screenshot_shows_every_kind_of_picture(captured):
    visit = captured("/pictures")
    colours = [
        (255, 0, 0),  # srcset
        (0, 0, 255),  # picture
        (0, 255, 0),  # a letter of the web font, which is a square
        (0, 255, 255),  # CSS background
        (255, 0, 255),  # data: URL
        (255, 255, 0),  # canvas
        (128, 64, 0),  # made by a script
        (0, 128, 64),  # blob: URL
    ]
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        shown = [image.getpixel((50, 50 + 100 * turn))[:3] for turn in range(8)]
    missing = [want for have, want in zip(shown, colours, strict=True) if not _near(have, want)]
    # The last two are added in the order they load.
    if missing:
        assert sorted(missing) == sorted(colours[6:]), shown
        assert _near(shown[6], colours[7]), shown
        assert _near(shown[7], colours[6]), shown


def test_pdf_is_tagged_and_has_an_outline(captured):
    data = captured("/article").path("pdf", "output.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    names = _pdf_text(data)
    for name in (b"/MarkInfo", b"/StructTreeRoot", b"/Outlines"):
        assert name in names


def test_pdf_uses_the_print_style_without_asking_for_it_again(captured):
    visit = captured("/article")
    assert [seen.path for seen in visit.requests].count("/print.css") == 1


@pytest.mark.parametrize("path", ["/empty", "/spacious"])
def test_page_of_unusual_size_has_a_screenshot(capture, path):
    visit = capture(path, plugins=("screenshot", "pdf"))
    assert visit.statuses() == {"screenshot": "succeeded", "pdf": "succeeded"}
