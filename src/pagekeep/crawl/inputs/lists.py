"""Files that are lists of links: text in any encoding, the database of a browser, and either of them packed."""

import tempfile
from functools import partial
from pathlib import Path
from typing import IO

from pagekeep.crawl.inputs import Found, database, read_text
from pagekeep.crawl.inputs.decode import decode
from pagekeep.crawl.inputs.packed import GZIP, ZIP, read_gzip, read_zip
from pagekeep.domain.errors import BadInput, TooLarge


def read_file(file: IO[bytes], parser: str = "auto", *, scratch: Path, limit: int, log: Path | None = None) -> Found:
    """Return the links of a file that is open for reading bytes.

    Args:
        parser: see `read_inputs`; a database is known by its first bytes in any case.
        scratch: a folder for the copy of a database or a ZIP.
        limit: how many bytes the file may have, as it is and unpacked.
        log: of a database, its write-ahead log, if there may be one.

    Raises:
        BadInput: it is no text, and no database we know; or it is packed and broken, or holds no list.
        TooLarge: it has more than ``limit`` bytes.
    """
    start = file.read(len(database.SIGN))
    read = partial(_read_unpacked, parser=parser, scratch=scratch, limit=limit)
    if not start.startswith((GZIP, ZIP)):
        return read(file, start=start, log=log)
    with tempfile.TemporaryFile(dir=scratch) as copy:
        copy.write(start)
        database.copy_at_most(file, copy, limit - len(start))
        copy.seek(0)
        return read_gzip(copy, read) if start.startswith(GZIP) else read_zip(copy, parser, read, limit=limit)


def _read_unpacked(
    file: IO[bytes], *, parser: str, scratch: Path, limit: int, start: bytes = b"", log: Path | None = None
) -> Found:
    """Return the links of a file, from behind ``start`` on."""
    start = start or file.read(len(database.SIGN))
    if start == database.SIGN:
        return database.read(file, start, scratch=scratch, limit=limit, log=log)
    data = start + file.read(limit + 1 - len(start))
    if len(data) > limit:
        raise TooLarge(f"The file has more than {limit} bytes (PAGEKEEP_MAX_UPLOAD_SIZE); give it in parts.")
    return read_text(decode(data), parser)


def read_path(path: Path, parser: str = "auto", *, scratch: Path, limit: int) -> Found:
    """Return the links of the file at ``path``, which is not written to; see `read_file`.

    Raises:
        BadInput: it cannot be opened or read.
        TooLarge: it has more than ``limit`` bytes.
    """
    try:
        with path.open("rb") as file:
            return read_file(file, parser, scratch=scratch, limit=limit, log=path.with_name(f"{path.name}-wal"))
    except OSError as error:
        raise BadInput(f"The file {path} cannot be read: {error.strerror or error}.") from error
