"""Names that come from outside, checked before they become names on disk or in a ZIP."""

import unicodedata

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

MAX_NAME_BYTES = 255  # the limit of every common file system, for one component
MAX_DEPTH = 32
INDEX_NAME = ".files.jsonl"
RECIPE_SUFFIX = ".pack.json"


def check_plugin(plugin: str) -> str:
    """Return ``plugin``, checked to be the name of one visible folder.

    Raises:
        BadInput: it is not.
    """
    parts = check_path(plugin)
    if len(parts) != 1 or plugin.startswith("."):
        raise BadInput(f"{shorten(repr(plugin))} cannot name a plugin's folder; use one plain word.")
    return plugin


def check_path(path: str, spare: int = 0) -> tuple[str, ...]:
    """Return the components of ``path``, checked to stay inside the folder it is relative to.

    Args:
        spare: bytes to leave free in the last component, for an ending that is added later.

    Raises:
        BadInput: it is empty, absolute, climbs, holds control characters or ``\\``, or is too long or too deep.
    """
    parts = tuple(path.split("/"))
    problem = _problem(path, parts, spare)
    if problem:
        raise BadInput(f"The file name {shorten(repr(path))} {problem}; use a plain relative path.")
    return parts


def fold(path: str) -> str:
    """Return what two paths have in common that some file systems take for one: case and composition do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _problem(path: str, parts: tuple[str, ...], spare: int) -> str | None:
    if not path:
        return "is empty"
    if "\\" in path or any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        return "holds a backslash, a control character or half a character"
    if any(part in ("", ".", "..") for part in parts):
        return "is absolute, climbs out of its folder or has an empty part"
    if len(parts) > MAX_DEPTH:
        return f"is more than {MAX_DEPTH} folders deep"
    if any(len(part.encode()) > MAX_NAME_BYTES for part in parts) or len(parts[-1].encode()) + spare > MAX_NAME_BYTES:
        return f"has a part longer than {MAX_NAME_BYTES} bytes"
    if any(part.casefold() == INDEX_NAME for part in parts) or path.casefold().endswith(RECIPE_SUFFIX):
        return "is reserved for Pagekeep's own notes"
    return None
