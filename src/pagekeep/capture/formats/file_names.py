"""The name a file of the web is kept under: chosen by a stranger, made harmless here."""

import mimetypes
import re
import unicodedata
from urllib.parse import unquote, urlsplit

LONGEST = 150
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\s]+')
_PARAMETER = re.compile(r";\s*filename(\*?)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.IGNORECASE)


def file_name(disposition: str, url: str, mimetype: str) -> str:
    """Return a plain file name without folders, at most 150 bytes of UTF-8, with an ending where the type tells one.

    Args:
        disposition: the Content-Disposition header (RFC 6266), or empty.
        url: names the file where the header does not.
        mimetype: gives the ending where the name has none.
    """
    name = _plain(_disposition_name(disposition)) or _plain(unquote(urlsplit(url).path.rpartition("/")[2])) or "file"
    stem, dot, ending = name.rpartition(".")
    if not (dot and stem and re.fullmatch(r"[A-Za-z0-9]{1,8}", ending)):
        stem, ending = name, (mimetypes.guess_extension(mimetype) or "").removeprefix(".")
    ending = f".{ending}" if ending else ""
    if ending == ".json" and stem.endswith(".pack"):  # what the storage calls its own notes
        stem = stem.removesuffix(".pack") + "_pack"
    while len((stem + ending).encode()) > LONGEST:
        stem = stem[:-1]
    return stem + ending


def _disposition_name(disposition: str) -> str:
    found = {bool(star): value for star, value in _PARAMETER.findall(disposition)}
    if extended := found.get(True):  # RFC 8187: charset'language'percent-encoded
        charset, _, rest = extended.strip('" ').partition("'")
        try:
            return unquote(rest.partition("'")[2], encoding=charset or "utf-8", errors="replace")
        except LookupError:
            pass  # a charset nobody knows: the plain name has to do
    return re.sub(r"\\(.)", r"\1", found.get(False, "").strip().strip('"'))


def _plain(name: str) -> str:
    """Return the last component of a name without anything that a file system or a shell could take amiss."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    return _FORBIDDEN.sub("_", visible).strip("._- ")
