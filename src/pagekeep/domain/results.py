"""What one output of one visit came to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pagekeep.domain.status import ResultStatus


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file the archive keeps.

    Attributes:
        path: relative to its plugin's folder, ``/``-separated, e.g. ``screenshot.jpg``.
        size: bytes.
        sha256: lower-case hex digest of the bytes.
        mimetype: the media type it is served with, e.g. ``text/html; charset=utf-8``.
    """

    path: str
    size: int
    sha256: str
    mimetype: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client sends, its bytes whole or piece by piece; path and type as in :class:`StoredFile`."""

    path: str
    mimetype: str
    data: bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Shareable:
    """A file that another snapshot may have kept before.

    Attributes:
        path, mimetype: as in :class:`StoredFile`.
        key: any text; files of one key can stand for each other.
        make: returns the bytes, whole or piece by piece; called only where none are known by the key.
    """

    path: str
    key: str
    make: Callable[[], bytes | Iterable[bytes]]
    mimetype: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What became of a :class:`Shareable`.

    Attributes:
        is_new: the bytes are those that ``make`` gave, not those of another snapshot.
        head: the first 4,096 bytes of the kept file, fewer where it is shorter.
    """

    stored: StoredFile
    is_new: bool
    head: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """One output of one visit, made by one plugin.

    Attributes:
        summary: one readable line: the title, the main file's name, or the reason nothing was kept.
        details: machine-readable extras, JSON types only.
        files: what was kept, in the order it was made.
        hook_name: tells results of one plugin apart; empty for what captures make.
    """

    plugin: str
    status: ResultStatus
    summary: str
    started_at: datetime
    ended_at: datetime
    files: tuple[StoredFile, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    hook_name: str = ""
