"""Lists that come packed: by gzip (RFC 1952), or in a ZIP as Pocket, Safari and Google Takeout give them.

They may have been made to unpack to far more than they are: what comes out is counted. What is packed in what is packed
is no list.
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from pagekeep.crawl.inputs import FORMATS, SERVICES, Found, join
from pagekeep.crawl.inputs.database import SIGN as DATABASE
from pagekeep.crawl.inputs.decode import decode
from pagekeep.crawl.inputs.source import Source, Unread
from pagekeep.domain.errors import BadInput, TooLarge
from pagekeep.domain.urls import shorten

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MAX_FILES = 10_000
"""Files that are looked at in one ZIP."""
# Whole pages and notes lie beside the lists of some exports, and their links are not meant.
_NO_LISTS = ("html", "markdown")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN_GZIP = (gzip.BadGzipFile, zlib.error, EOFError)
# What the library makes of a ZIP whose offsets, names or numbers lie, besides.
_BROKEN_ZIP = (*_BROKEN_GZIP, zipfile.BadZipFile, OSError, ValueError, RuntimeError, OverflowError, struct.error)
Read = Callable[[IO[bytes]], Found]


def read_gzip(file: IO[bytes], read: Read) -> Found:
    """Return what ``read`` makes of the bytes that a file unpacks to.

    Raises:
        BadInput: it is broken; and what ``read`` raises.
    """
    with _told(_BROKEN_GZIP, "packed by gzip"), gzip.GzipFile(fileobj=file) as unpacked:
        return read(unpacked)  # type: ignore[arg-type]


def read_zip(file: IO[bytes], parser: str, read: Read, *, limit: int) -> Found:
    """Return what ``read`` makes of the lists in a ZIP, in their order, each named where there are several.

    A ZIP with a single file is that file. Of others the files are taken that show a format of lists
    (``parser``'s, where one is forced); pages, notes, pictures and whatever else lies beside them are passed over.

    Args:
        limit: how many bytes the files may have together.

    Raises:
        BadInput: it is broken or encrypted, or has too many files or none that is a list.
        TooLarge: they have more than ``limit`` bytes.
    """
    with _told(_BROKEN_ZIP, "a ZIP archive"), zipfile.ZipFile(file) as archive:
        names = [one for one in archive.infolist() if _is_meant(one)]
        if len(names) > MAX_FILES:
            raise BadInput(f"The ZIP archive has {len(names)} files; unpack it and give the list in it.")
        lists = []
        for one in names:
            data = _unpacked(archive, one, limit)
            limit -= len(data)
            if len(names) == 1 or _shows_list(data, parser):
                lists.append((one.filename, data))
    if not lists:
        raise BadInput("The ZIP archive holds no list of links; unpack it and give the file that is one.")
    found = [(name, read(BytesIO(data))) for name, data in lists]
    if len(found) == 1:
        return found[0][1]
    return join(one.named(shorten(repr(name)[1:-1], 100)) for name, one in found)


@contextmanager
def _told(broken: tuple[type[Exception], ...], what: str) -> Iterator[None]:
    try:
        yield
    except broken as error:
        raise BadInput(f"The file is {what} and broken ({shorten(str(error), 100)}); get it again.") from error


def _is_meant(one: zipfile.ZipInfo) -> bool:
    """Whether a file of a ZIP is one that a person put there: macOS adds its own."""
    path = PurePosixPath(one.filename)
    return not one.is_dir() and path.parts[:1] != ("__MACOSX",) and not path.name.startswith(".")


def _unpacked(archive: zipfile.ZipFile, one: zipfile.ZipInfo, limit: int) -> bytes:
    if one.flag_bits & 1 or one.compress_type not in _METHODS:
        why = "encrypted" if one.flag_bits & 1 else "packed in a way that is not read here"
        raise BadInput(f"{shorten(repr(one.filename), 100)} in the ZIP archive is {why}; unpack it yourself.")
    with archive.open(one) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge("The ZIP archive unpacks to more than PAGEKEEP_MAX_UPLOAD_SIZE allows; unpack it yourself.")
    return data


def _shows_list(data: bytes, parser: str) -> bool:
    """Whether a file among others shows signs of a list that is meant."""
    if data.startswith((GZIP, ZIP)):
        return False
    if data.startswith(DATABASE):
        return True
    try:
        source = Source(decode(data))
    except BadInput:  # a picture, say
        return False
    name = next((name for name, module in FORMATS.items() if source.text and module.is_one(source)), "")
    if parser != "auto":
        return name in SERVICES.get(parser, (parser,))
    if name == "json" and not isinstance(source.json, Unread):  # settings are JSON, too
        return bool(FORMATS[name].read(source).items)
    return bool(name) and name not in _NO_LISTS
