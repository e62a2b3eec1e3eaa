"""Previews of PDFs and pictures, made by the real process; a hostile file costs its preview and nothing else."""

import asyncio
import io
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from pagekeep.capture.formats.preview import MOST_TEXT_BYTES
from pagekeep.capture.formats.preview_kinds import has_preview
from pagekeep.capture.formats.thumbnail import SIZE
from pagekeep.capture.programs.preview import SECONDS, preview
from pagekeep.capture.recording.body import Body
from testsite import preview_files
from testsite.file_routes import PDF

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@dataclass(frozen=True)
class Made:
    text: str
    thumbnail: Image.Image | None
    title: str
    missing: str


@pytest.fixture
def make(tmp_path):
    """Make the preview of some bytes; nothing of it may stay, neither files nor processes."""

    def run(data: bytes, seconds: float = SECONDS) -> Made:
        async def scenario():
            async with preview(Body.of(data), tmp_path, seconds) as made:
                text = made.text.read_text(encoding="utf-8") if made.text else ""
                thumbnail = Image.open(io.BytesIO(made.thumbnail.read_bytes())) if made.thumbnail else None
                return Made(text, thumbnail, made.title, made.missing)

        return asyncio.run(scenario())

    yield run
    assert list(tmp_path.iterdir()) == []
    assert _processes_in(tmp_path) == []


def _processes_in(folder: Path) -> list[str]:
    return [process.name for process in Path("/proc").glob("[0-9]*") if _folder_of(process).startswith(str(folder))]


def _folder_of(process: Path) -> str:
    try:
        return os.readlink(process / "cwd")
    except OSError:  # gone, or another user's
        return ""


def _is(picture: Image.Image, where: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    assert picture.size == SIZE
    return all(abs(one - other) < 40 for one, other in zip(picture.getpixel(where), colour, strict=True))


def test_pdf_has_title_text_and_first_page(make):
    made = make(PDF)
    assert (made.title, made.missing) == ("The printed lighthouse", "")
    assert made.text == "A printed lighthouse\n\n"
    assert _is(made.thumbnail, (300, 230), WHITE)
    letters = made.thumbnail.convert("L").crop((0, 85, 320, 125))
    assert min(letters.tobytes()) < 90, "letters are drawn where the text stands"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (preview_files.locked_pdf(), "no preview: the PDF asks for a password"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "no preview: the PDF cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + b"rubbish" * 100, "no thumbnail: the picture cannot be read"),
        (b"\xff\xd8\xff\xe0", "no thumbnail: the picture cannot be read"),
    ],
)
def test_what_cannot_be_read_has_no_preview_and_says_so(make, data, words):
    assert make(data) == Made("", None, "", words)
    assert make(PDF).title == "The printed lighthouse"


def test_of_too_many_pages_the_first_are_read(make):
    made = make(preview_files.pdf(pages=preview_files.MANY_PAGES, text="x" * 400, lines=50))
    assert made.thumbnail.size == SIZE
    assert made.missing.startswith("text of the first ")
    assert made.missing.endswith(f" of {preview_files.MANY_PAGES} pages")
    assert made.text.startswith("xxx")
    assert len(made.text) < 2 * MOST_TEXT_BYTES


@pytest.mark.parametrize("box", ["0 0 200000000 300000000", "0 0 1000000 1", "0 0 2 1000000"])
def test_page_of_a_giant_size_is_drawn_small_or_not_at_all(make, box):
    started = time.monotonic()
    made = make(preview_files.pdf(box=box))
    assert made.thumbnail.size == SIZE if made.thumbnail else "no thumbnail" in made.missing
    assert time.monotonic() - started < 20


def test_pages_without_end_are_told_apart_from_a_hang(make):
    made = make(preview_files.pdf(pages=preview_files.MANY_PAGES), seconds=0.01)
    assert made.missing == "no full preview within 0 seconds"


def test_process_that_crashes_costs_only_what_it_had_not_made(tmp_path):
    """As a damaged page would end it, once the first page has been drawn."""
    data = preview_files.pdf(pages=preview_files.MANY_PAGES, text="x" * 400, lines=50)

    def crash():
        while not (made := list(tmp_path.glob("*/place/made/thumbnail.jpg"))):
            time.sleep(0.01)
        for process in Path("/proc").glob("[0-9]*"):
            if _folder_of(process) == str(made[0].parents[1]):
                os.kill(int(process.name), signal.SIGSEGV)

    async def scenario():
        crashing = asyncio.create_task(asyncio.to_thread(crash))
        async with preview(Body.of(data), tmp_path) as made:
            await crashing
            return made.missing, made.text, made.thumbnail.stat().st_size

    missing, text, size = asyncio.run(scenario())
    assert (missing, text) == ("no full preview: the file is damaged", None)
    assert size > 0
    assert list(tmp_path.iterdir()) == []


def test_picture_of_too_many_pixels_is_not_unpacked(make):
    data = preview_files.bomb()
    assert len(data) < 4 << 20
    started = time.monotonic()
    made = make(data)
    assert (made.thumbnail, made.missing) == (None, "no thumbnail: 50000 × 50000 px are too many")
    assert time.monotonic() - started < 10
    assert make(preview_files.clear_picture()).missing == ""


def test_large_photo_is_read_small(make):
    out = io.BytesIO()
    Image.new("RGB", (12_000, 9_000), RED).save(out, "JPEG")
    assert _is(make(out.getvalue()).thumbnail, (5, 5), RED)


def test_picture_is_whole_upright_still_and_on_white(make):
    turned = make(preview_files.turned_photo()).thumbnail
    assert _is(turned, (160, 60), RED)
    assert _is(turned, (160, 180), BLUE)
    moving = make(preview_files.moving_picture()).thumbnail
    assert _is(moving, (160, 120), RED)
    assert _is(moving, (5, 5), WHITE), "a small picture stays small"
    clear = make(preview_files.clear_picture()).thumbnail
    assert _is(clear, (160, 120), GREEN)
    assert _is(clear, (5, 5), WHITE)


def test_only_pdfs_and_pictures_have_a_preview():
    assert has_preview(PDF)
    assert has_preview(b"junk\n" + PDF)
    assert has_preview(b"RIFF\0\0\0\0WEBPVP8 ")
    for start in (preview_files.SVG, b"RIFF\0\0\0\0WAVE", b"PK\3\4", b"plain text", b""):
        assert not has_preview(start)
