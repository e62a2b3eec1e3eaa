"""The characters of a file: which encoding it has is told by its first bytes, its own word for it, or what fits."""

import codecs
import re

from pagekeep.domain.errors import BadInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:encoding|charset)\s{0,9}=\s{0,9}["']?\s{0,9}([a-zA-Z0-9_:.-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 2048
# Not those of Python that are slow or no character sets (punycode, unicode_escape, …).
_PLAIN = ("cp", "iso8859", "koi8", "mac", "gb", "big5", "euc", "shift", "iso2022", "hz", "johab", "tis", "kz", "ptcp")
_PACKED = ((b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "packed by gzip"), (b"7z\xbc\xaf", "a 7z archive"))
_TAR = slice(257, 262)  # POSIX.1-2017, pax: ustar Interchange Format
_OTHERS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"bplist00", b"RIFF")


def decode(data: bytes) -> str:
    """Return a file's text, without NULs. What is no UTF-8 and does not say what it is, is Windows-1252 (a superset of
    Latin-1), whose five holes are kept as the control characters they are there.

    Raises:
        BadInput: it is packed, or no text at all.
    """
    for mark, what in _PACKED:
        if data.startswith(mark):
            raise BadInput(f"The file is {what}; unpack it and give the list in it.")
    if data[_TAR] == b"ustar":
        raise BadInput("The file is a tar archive; unpack it and give the list in it.")
    if data.startswith(_OTHERS):
        raise BadInput("The file is no text; give a list of links, or a history database of a browser.")
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace").replace("\0", "")
    if name := _unmarked_utf16(data[:1000]):
        return data.decode(name, "replace").replace("\0", "")
    return _without_mark(data).replace("\0", "")


def _unmarked_utf16(start: bytes) -> str:
    """Return which UTF-16 text is, most of whose letters are ASCII; empty for other text."""
    pairs = len(start) // 2
    if pairs >= 2 and start[1::2].count(0) > 0.7 * pairs and start[0::2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    if pairs >= 2 and start[0::2].count(0) > 0.7 * pairs and start[1::2].count(0) < 0.1 * pairs:
        return "utf-16-be"
    return ""


def _without_mark(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    named = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    if named:
        try:
            name = codecs.lookup(named[1].decode()).name
            if (
                name.startswith(_PLAIN) and name != "iso8859-1"
            ):  # which on the web is Windows-1252 (WHATWG Encoding, 4.2)
                return data.decode(name, "replace")
        except (LookupError, ValueError):
            pass  # it names none that there is
    return _windows_1252(data)


def _windows_1252(data: bytes) -> str:
    try:
        return data.decode("windows-1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
