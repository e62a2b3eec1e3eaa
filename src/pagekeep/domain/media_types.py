"""Media types, as they come from outside (RFC 9110 section 8.3.1)."""

import mimetypes
import re

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

UNKNOWN = "application/octet-stream"
MAX_LENGTH = 127
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"  # noqa: S105
_MEDIA_TYPE = re.compile(rf'{_TOKEN}/{_TOKEN}(\s*;\s*{_TOKEN}=({_TOKEN}|"[A-Za-z0-9 !#$&^_.+:/,=-]*"))*')


def media_type_of(said: str, path: str) -> str:
    """Return the media type someone gave a file; by the file's name where nothing was said.

    Raises:
        BadInput: it is none, or of several parts: a browser reads each of them with headers of its own.
    """
    said = said.strip()
    if not said:
        return mimetypes.guess_type(path)[0] or UNKNOWN
    if len(said) > MAX_LENGTH or not _MEDIA_TYPE.fullmatch(said):
        raise BadInput(f"{shorten(said, 40)!r} is no media type; one looks like text/html; charset=utf-8.")
    kind = said.partition(";")[0].strip().lower()
    if kind.startswith("multipart/") and kind != "multipart/related":  # which is MHTML's
        raise BadInput(f"{shorten(said, 40)!r} is a type of several parts; send each part as a file of its own.")
    return said
