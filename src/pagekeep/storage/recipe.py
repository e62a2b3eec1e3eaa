"""The recipe of a packed file: which kept files make it, so that its bytes need not be kept again."""

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.storage.disk import disk_errors, open_file, open_folder
from pagekeep.storage.names import RECIPE_SUFFIX, check_path

VERSION = 1

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class PackedMember:
    """One file inside a packed file: ``path`` is relative to the snapshot's folder, ``name`` is its name in the ZIP."""

    name: str
    path: str
    size: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """A ZIP made of ``members`` in this order (see ``packing``): its size in bytes, SHA-256 and CRC-32."""

    size: int
    sha256: str
    crc32: int
    members: tuple[PackedMember, ...]


def describe(zipped: Iterable[bytes], members: tuple[PackedMember, ...]) -> Recipe:
    """Return the recipe of a ZIP made of ``members``, whose bytes are ``zipped``."""
    digest, crc, size = hashlib.sha256(), 0, 0
    for chunk in zipped:
        digest.update(chunk)
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
    return Recipe(size, digest.hexdigest(), crc, members)


def read(folder: Path, plugin: str, path: str) -> Recipe | None:
    """Return the recipe of a packed file in a snapshot's folder, or None if it is not packed.

    Raises:
        EnvironmentProblem: the recipe is damaged or from another version.
    """
    *folders, name = check_path(path)
    try:
        with disk_errors(folder), open_folder(folder, (plugin, *folders)) as opened:
            file = open_file(opened, name + RECIPE_SUFFIX)
        with file:
            return from_json(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise EnvironmentProblem(
            f"{folder}/{plugin}/{path}{RECIPE_SUFFIX} cannot be used ({error}); restore it from a backup."
        ) from error


def to_json(recipe: Recipe) -> bytes:
    """Return the recipe as UTF-8 JSON; equal recipes give equal bytes."""
    known = {"version": VERSION, "format": "zip, stored", **asdict(recipe)}
    return f"{json.dumps(known, sort_keys=True, indent=2, ensure_ascii=False)}\n".encode()


def from_json(data: bytes) -> Recipe:
    """Read what ``to_json`` wrote.

    Raises:
        ValueError: it is no such recipe.
    """
    try:
        known = typed(json.loads(data), dict)
        if known["version"] != VERSION:
            raise ValueError(f"its version is {known['version']}, this Pagekeep reads version {VERSION}")
        return Recipe(
            size=typed(known["size"], int),
            sha256=typed(known["sha256"], str),
            crc32=typed(known["crc32"], int),
            members=tuple(packed_member(member) for member in typed(known["members"], list)),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it has another form: {error}") from error


def packed_member(known: object) -> PackedMember:
    """Make a member from its JSON form.

    Raises:
        KeyError, TypeError: it has another form.
    """
    member = typed(known, dict)
    return PackedMember(
        name=typed(member["name"], str),
        path=typed(member["path"], str),
        size=typed(member["size"], int),
        sha256=typed(member["sha256"], str),
        crc32=typed(member["crc32"], int),
    )


def typed(value: object, kind: type[_Value]) -> _Value:
    """Return ``value``, checked to be of the JSON type ``kind``.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")
    return value
