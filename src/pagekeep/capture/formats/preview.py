"""Thumbnail, text and title of a PDF, or the thumbnail of a picture: a program of its own, as what it reads is hostile.

``python -m pagekeep.capture.formats.preview IN OUT_FOLDER`` writes ``thumbnail.jpg``, ``text.txt`` and ``title.txt``,
as far as there are such, and says in a few words for each what it could not make. It never needs the network.
"""

import resource
import sys
import time
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from pagekeep.capture.formats.preview_kinds import PICTURES, TEXT, THUMBNAIL, TITLE, is_pdf
from pagekeep.capture.formats.thumbnail import SIZE, thumbnail_of_page, thumbnail_of_picture

MEMORY_BYTES = 1 << 30
MOST_PIXELS = 64_000_000
# Text is read page by page until there is so much of it, or so much time has passed.
MOST_TEXT_BYTES = 8 << 20
TEXT_SECONDS = 30.0
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_LONGEST_EDGE = 1 << 24


def main(source: Path, folder: Path) -> None:
    """Make what there is to make; what could not be made is said on the standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with source.open("rb") as file:
        pdf = is_pdf(file.read(1024))
    for problem in _pdf(source, folder) if pdf else _picture(source, folder):
        print(problem)  # noqa: T201


def _picture(source: Path, folder: Path) -> list[str]:
    Image.MAX_IMAGE_PIXELS = None  # counted here, after JPEGs have been told to come smaller
    try:
        with Image.open(source, formats=tuple(PICTURES)) as picture:
            full = f"{picture.width} × {picture.height}"
            picture.draft("RGB", (2 * SIZE[0], 2 * SIZE[1]))
            if picture.width * picture.height > MOST_PIXELS:
                return [f"no thumbnail: {full} px are too many"]
            colour = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            colour.thumbnail((2 * SIZE[0], 2 * SIZE[1]))
            upright = ImageOps.exif_transpose(colour)
        _put(folder / THUMBNAIL, thumbnail_of_picture(upright))
    except MemoryError:
        return ["no thumbnail: the picture takes too much memory"]
    except Exception:  # whatever a hostile file does to the library, it costs the thumbnail
        return ["no thumbnail: the picture cannot be read"]
    return []


def _pdf(source: Path, folder: Path) -> list[str]:
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code == _PASSWORD_ERROR
        return [f"no preview: the PDF {'asks for a password' if locked else 'cannot be read'}"]
    problems = []
    for what, part in (("title", _title), ("thumbnail", _thumbnail), ("text", _text)):
        try:
            problems.extend(part(document, folder))
        except Exception:  # as above: one part is lost, the others are tried
            problems.append(f"no {what}: the PDF is damaged")
    return problems


def _title(document: pypdfium2.PdfDocument, folder: Path) -> list[str]:
    if title := document.get_metadata_value("Title"):
        _put(folder / TITLE, title.encode(errors="replace"))
    return []


def _thumbnail(document: pypdfium2.PdfDocument, folder: Path) -> list[str]:
    """Draw the top of the first page only, twice as large as wanted: a page may be of any size."""
    page = document[0]
    width, height = page.get_size()
    top = min(height, width * SIZE[1] / SIZE[0])
    scale = 2 * SIZE[0] / width if width > 0 else 0
    if not (0 < height * scale <= _LONGEST_EDGE and top * scale >= 1):
        return [f"no thumbnail: a page of {width:.6g} × {height:.6g} points cannot be drawn"]
    drawn = page.render(scale=scale, crop=(0, height - top, 0, 0))
    _put(folder / THUMBNAIL, thumbnail_of_page(drawn.to_pil()))
    return []


def _text(document: pypdfium2.PdfDocument, folder: Path) -> list[str]:
    end, number, written = time.monotonic() + TEXT_SECONDS, len(document), 0
    parts = folder / f"{TEXT}.part"
    done = 0
    with parts.open("wb") as out:
        while done < number and written < MOST_TEXT_BYTES and time.monotonic() < end:
            page = document[done]
            reader = page.get_textpage()
            text = _plain(reader.get_text_bounded())
            reader.close()
            page.close()
            written += out.write(f"{text}\n\n".encode(errors="replace") if text else b"")
            done += 1
    if written:
        parts.rename(folder / TEXT)
    return [f"text of the first {done} of {number} pages"] if done < number else []


def _plain(text: str) -> str:
    """Return text without what is no letter: carriage returns, and the marks PDFium leaves where a word was parted."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "").replace("\u0002", "")
    return "".join(character for character in kept if character >= " " or character in "\n\t").strip()


def _put(file: Path, data: bytes) -> None:
    """Write a file that is whole as soon as it has its name."""
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.rename(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
