"""A tiny TrueType font: every letter is a solid square, so that a picture shows whether it was used.

Format: OpenType 1.9, the tables a browser's sanitiser asks for.
"""

import struct

UNITS = 1000
NAME = "Square"


def square_font() -> bytes:
    """Return the font file."""
    # One contour, four points on the curve, the deltas as 16-bit words.
    square = (
        struct.pack(">hhhhh", 1, 0, 0, UNITS, UNITS)
        + struct.pack(">HH", 3, 0)
        + bytes([1] * 4)
        + struct.pack(">4h", 0, 0, UNITS, 0)
        + struct.pack(">4h", 0, UNITS, 0, -UNITS)
    )
    square += bytes(-len(square) % 4)
    tables = {
        b"OS/2": _os2(),
        b"cmap": _cmap(),
        b"glyf": square,
        b"head": struct.pack(
            ">HHIIIHHQQhhhhHHhhh", 1, 0, 0x10000, 0, 0x5F0F3CF5, 3, UNITS, 0, 0, 0, 0, UNITS, UNITS, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">HHhhhHhhhhhhhhhhhH", 1, 0, UNITS, 0, 0, UNITS, 0, 0, UNITS, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        b"hmtx": struct.pack(">HhHh", UNITS, 0, UNITS, 0),
        b"loca": struct.pack(">3I", 0, 0, len(square)),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _file(tables: dict[bytes, bytes]) -> bytes:
    offset = 12 + 16 * len(tables)
    directory, data = b"", b""
    for tag, table in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, _checksum(table), offset + len(data), len(table))
        data += table + bytes(-len(table) % 4)
    power = len(tables).bit_length() - 1
    reach = 16 << power
    return struct.pack(">IHHHH", 0x10000, len(tables), reach, power, 16 * len(tables) - reach) + directory + data


def _checksum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF


def _cmap() -> bytes:
    # Format 12: U+0021 to U+007E, all to glyph 1, takes a group each.
    groups = b"".join(struct.pack(">III", code, code, 1) for code in range(0x21, 0x7F))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(groups) // 12) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _name() -> bytes:
    texts = {1: NAME, 2: "Regular", 3: NAME, 4: NAME, 5: "Version 1.0", 6: NAME}
    records, strings = b"", b""
    for number, text in texts.items():
        encoded = text.encode("utf-16-be")
        records += struct.pack(">6H", 3, 1, 0x409, number, len(encoded), len(strings))
        strings += encoded
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + strings


def _os2() -> bytes:
    return (
        struct.pack(">HhHHH", 4, UNITS, 400, 5, 0)
        + struct.pack(">11h", *[100] * 10, 0)
        + bytes(10)
        + struct.pack(">4I4s", 1, 0, 0, 0, b"NONE")
        + struct.pack(">HHH", 0x40, 0x21, 0x7E)
        + struct.pack(">hhhHH", UNITS, 0, 0, UNITS, 0)
        + struct.pack(">II", 1, 0)
        + struct.pack(">hhHHH", 500, 700, 0, 0x20, 1)
    )
