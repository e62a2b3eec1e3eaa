"""Which files have a preview, told by their first bytes, and what its parts are called."""

SNIFFED = 1024
TEXT, THUMBNAIL, TITLE = "text.txt", "thumbnail.jpg", "title.txt"
# Pillow's names of the formats a browser shows, and how their files begin.
PICTURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "WEBP": (b"RIFF",),
    "ICO": (b"\x00\x00\x01\x00",),
}


def has_preview(start: bytes) -> bool:
    """Return whether a file that begins so is a PDF or a picture we make a preview of.

    Args:
        start: its first :data:`SNIFFED` bytes.
    """
    if start.startswith(b"RIFF"):
        return start[8:12] == b"WEBP"
    return is_pdf(start) or start.startswith(tuple(sign for signs in PICTURES.values() for sign in signs))


def is_pdf(start: bytes) -> bool:
    """Return whether this is how a PDF begins; readers let something stand before it (ISO 32000-1, annex H.3)."""
    return b"%PDF-" in start[:SNIFFED]
