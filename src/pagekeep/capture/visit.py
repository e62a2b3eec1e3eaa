"""What an output sees of a visit, and where it puts what it makes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
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
from pagekeep.capture.walls import Wall
from pagekeep.domain.errors import ByteBudgetExceeded, CaptureError
from pagekeep.domain.results import Result, Shareable, Shared, StoredFile

_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Visit:
    """One URL, visited once.

    Attributes:
        opened: the page; None where the URL leads to a file that was fetched without the browser.
        wall: what stands in the place of the page, if anything does.
        main: the response the page came from, after redirects; None where there was none.
        software: name and version of browser and archive, for WARC and WACZ.
        heavy: held while something is made that takes much memory; other visits wait for it with theirs.
        page_scripts: folder of the installed scripts that run in the page (``node_modules``).
        temp_dir: where programs of outputs run; the system's own by default.
    """

    request: CaptureRequest
    recorder: Recorder
    egress: Egress
    started_at: datetime
    software: str
    page_scripts: Path | None
    heavy: asyncio.Lock
    temp_dir: Path | None = None
    opened: Page | None = None
    title: str = ""
    final_url: str = ""
    main: Exchange | None = None
    wall: Wall | None = None
    results: list[Result] = field(default_factory=list)
    _article: Article | None = None

    @property
    def page(self) -> Page:
        """The open page, for what is made only where there is one.

        Raises:
            CaptureError: there is none.
        """
        if self.opened is None:
            raise CaptureError("There is no page.")
        return self.opened

    @property
    def documents(self) -> list[Exchange]:
        """What the URL led to, redirects included, in order."""
        return self.recorder.main_responses(self.recorder.main_frame_id)

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
    """Hands the files of one output to the sink, within its byte budget.

    A call begins to keep a file, and gives what can be awaited where the stored file matters; an output need not wait
    for the disk. The engine waits for all of them.
    """

    def __init__(self, sink: Sink, plugin: str, limit: int) -> None:
        self._sink, self._plugin, self._limit = sink, plugin, limit
        self._begun: list[asyncio.Future[StoredFile]] = []

    def __call__(self, path: str, data: bytes, mimetype: str) -> Awaitable[StoredFile]:
        """Keep one file.

        Raises:
            ByteBudgetExceeded: it is larger than a file may be.
        """
        if len(data) > self._limit:
            raise ByteBudgetExceeded(f"{path} has {len(data)} bytes; the limit for a file is {self._limit}.")
        return self._begin(self._sink.save, path, data, mimetype)

    def stream(self, path: str, chunks: Iterable[bytes], mimetype: str) -> Awaitable[StoredFile]:
        """Keep one file piece by piece; ``chunks`` is read in a thread. ByteBudgetExceeded comes when it is awaited."""
        return self._begin(self._sink.save, path, self._within(path, chunks), mimetype)

    def file(self, path: str, source: Path, mimetype: str) -> Awaitable[StoredFile]:
        """Keep a file that lies on disk; as ``stream``."""
        return self.stream(path, _pieces(source), mimetype)

    def pack(self, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> Awaitable[StoredFile]:
        """Record a ZIP of files already kept: see :meth:`pagekeep.capture.protocols.Sink.pack`."""
        return self._begin(self._sink.pack, path, members, mimetype)

    async def share(self, wanted: Sequence[Shareable]) -> list[Shared]:
        """Keep files that other snapshots may have kept before: see :meth:`pagekeep.capture.protocols.Sink.share`."""
        shared = await asyncio.to_thread(self._sink.share, self._plugin, wanted)
        for one in shared:
            done: asyncio.Future[StoredFile] = asyncio.get_running_loop().create_future()
            done.set_result(one.stored)
            self._begun.append(done)
        return shared

    async def files(self) -> tuple[StoredFile, ...]:
        """Wait until all that was begun is kept; return it in the order it was begun.

        Raises:
            CaptureError, EnvironmentProblem, Conflict: what the first that failed says; none is under way any more.
        """
        ended = await asyncio.gather(*self._begun, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        return tuple(file for file in ended if not isinstance(file, BaseException))

    def _begin(self, keep: Callable[..., StoredFile], *arguments: object) -> Awaitable[StoredFile]:
        work = asyncio.to_thread(keep, self._plugin, *arguments)
        task = asyncio.get_running_loop().create_task(work)
        # Where another file has ended the visit, nobody asks what this one met.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._begun.append(task)
        return task

    def _within(self, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limit:
                raise ByteBudgetExceeded(f"{path} has more than the {self._limit} bytes that a file may have.")
            yield chunk


def _pieces(source: Path) -> Iterator[bytes]:
    with source.open("rb") as opened:
        while piece := opened.read(_PIECE_BYTES):
            yield piece
