"""What an output sees of a visit, and where it puts what it makes."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pagekeep.capture.formats.article import Article, find_article
from pagekeep.capture.network.egress import Egress
from pagekeep.capture.page import Page
from pagekeep.capture.protocols import Sink
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.errors import ByteBudgetExceeded
from pagekeep.domain.results import Result, Shareable, Shared, StoredFile

_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Visit:
    """One page, opened once.

    Attributes:
        main: the response the page came from, after redirects; None where there was none.
        software: name and version of browser and archive, for WARC and WACZ.
        heavy: held while something is made that takes much memory; other visits wait for it with theirs.
        page_scripts: folder of the installed scripts that run in the page (``node_modules``).
        temp_dir: where programs of outputs run; the system's own by default.
    """

    request: CaptureRequest
    page: Page
    recorder: Recorder
    egress: Egress
    started_at: datetime
    software: str
    page_scripts: Path | None
    heavy: asyncio.Lock
    temp_dir: Path | None = None
    title: str = ""
    final_url: str = ""
    main: Exchange | None = None
    results: list[Result] = field(default_factory=list)
    _article: Article | None = None

    async def find_article(self) -> Article | None:
        """Return what there is to read on the page, looked for once (see ``capture/article.py``)."""
        if self._article is None:
            self._article = await find_article(self.page, self.page_scripts)
        return self._article

    @property
    def url(self) -> str:
        """The URL asked for, as it may be kept."""
        return self.request.secrecy.url(self.request.url)

    def files(self, plugin: str) -> tuple[StoredFile, ...]:
        """Return the files a plugin has kept, in this visit or an earlier attempt."""
        for result in (*self.results, *self.request.kept):
            if result.plugin == plugin and result.files:
                return result.files
        return ()


class Keep:
    """Hands the files of one output to the sink, within its byte budget."""

    def __init__(self, sink: Sink, plugin: str, limit: int) -> None:
        self.files: list[StoredFile] = []
        self._sink, self._plugin, self._limit = sink, plugin, limit

    async def __call__(self, path: str, data: bytes, mimetype: str) -> StoredFile:
        """Keep one file.

        Raises:
            ByteBudgetExceeded: it is larger than a file may be.
        """
        self._check_size(path, len(data))
        stored = await asyncio.to_thread(self._sink.save, self._plugin, path, data, mimetype)
        self.files.append(stored)
        return stored

    async def stream(self, path: str, chunks: Iterable[bytes], mimetype: str) -> StoredFile:
        """Keep one file piece by piece; ``chunks`` is read in a thread.

        Raises:
            ByteBudgetExceeded: it is larger than a file may be.
        """
        stored = await asyncio.to_thread(self._sink.save, self._plugin, path, self._within(path, chunks), mimetype)
        self.files.append(stored)
        return stored

    async def file(self, path: str, source: Path, mimetype: str) -> StoredFile:
        """Keep a file that lies on disk.

        Raises:
            ByteBudgetExceeded: it is larger than a file may be.
        """
        return await self.stream(path, _pieces(source), mimetype)

    def _within(self, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limit:
                raise ByteBudgetExceeded(f"{path} has more than the {self._limit} bytes that a file may have.")
            yield chunk

    async def share(self, wanted: Sequence[Shareable]) -> list[Shared]:
        """Keep files that other snapshots may have kept before: see :meth:`pagekeep.capture.protocols.Sink.share`."""
        shared = await asyncio.to_thread(self._sink.share, self._plugin, wanted)
        self.files.extend(one.stored for one in shared)
        return shared

    async def pack(self, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> StoredFile:
        """Record a ZIP of files already kept: see :meth:`pagekeep.capture.protocols.Sink.pack`."""
        stored = await asyncio.to_thread(self._sink.pack, self._plugin, path, members, mimetype)
        self.files.append(stored)
        return stored

    def _check_size(self, path: str, size: int) -> None:
        if size > self._limit:
            raise ByteBudgetExceeded(f"{path} has {size} bytes; the limit for a file is {self._limit}.")


def _pieces(source: Path) -> Iterator[bytes]:
    with source.open("rb") as opened:
        while piece := opened.read(_PIECE_BYTES):
            yield piece
