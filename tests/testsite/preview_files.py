"""PDFs and pictures that a preview is made of, and such as are made to harm who does that."""

import io
import struct
import zlib

from PIL import Image

MANY_PAGES = 100_000
BOMB_EDGE = 50_000


def pdf(*, box: str = "0 0 300 200", pages: int = 1, text: str = "A page", lines: int = 1, trailer: str = "") -> bytes:
    """Return a PDF, all pages of which show the same; its readers find the objects without a table of them."""
    drawn = f"BT /F1 {24 / lines} Tf {24 / lines} TL 20 100 Td {f'({text}) Tj T* ' * lines}ET"
    leaves = range(10, 10 + pages)
    objects = [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        f"2 0 obj<</Type/Pages/MediaBox[{box}]/Resources<</Font<</F1 5 0 R>>>>/Count {pages}",
        f"/Kids[{' '.join(f'{leaf} 0 R' for leaf in leaves)}]>>endobj",
        f"4 0 obj<</Length {len(drawn)}>>stream\n{drawn}\nendstream endobj",
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
        *(f"{leaf} 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj" for leaf in leaves),
    ]
    return "\n".join(["%PDF-1.4", *objects, f"trailer<</Root 1 0 R{trailer}>>", ""]).encode()


def locked_pdf() -> bytes:
    """Return a PDF that opens with a password only (ISO 32000-1, section 7.6.3)."""
    key = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{'ab' * 32}>/U<{'cd' * 32}>/P -4>>/ID[<{'ef' * 16}><{'ef' * 16}>]"
    return pdf(trailer=key)


def bomb() -> bytes:
    """Return a PNG of a few MB that is 2.5 GB when read: one block of black, again and again (cf. ``bombs``)."""
    packer = zlib.compressobj(9)
    start, size = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH), 1 << 24
    block = packer.compress(bytes(size)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = start + block * ((BOMB_EDGE + 1) * BOMB_EDGE // size + 1)
    header = struct.pack(">IIBBBBB", BOMB_EDGE, BOMB_EDGE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def turned_photo() -> bytes:
    """Return a JPEG, red on the left, that its EXIF data say is to be turned by a quarter, so that red is on top."""
    picture = Image.new("RGB", (400, 800), "blue")
    picture.paste("red", (0, 0, 200, 800))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def moving_picture() -> bytes:
    """Return a GIF that begins red and then is blue a hundred times."""
    first, *others = [Image.new("RGB", (64, 48), colour) for colour in ("red", *["blue", "navy"] * 50)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others)
    return out.getvalue()


def clear_picture() -> bytes:
    """Return a PNG that is transparent but for a green square in its middle."""
    picture = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    picture.paste((0, 255, 0, 255), (220, 140, 420, 340))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
