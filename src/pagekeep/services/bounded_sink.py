"""Keeps the outputs of one page within the bytes its crawl allows."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from threading import Lock

from pagekeep.capture.protocols import Sink
from pagekeep.domain.errors import ByteBudgetExceeded
from pagekeep.domain.results import Result, Shareable, Shared, StoredFile


def bounded(sink: Sink, most: int, kept: Iterable[Result] = ()) -> Sink:
    """Return the sink, or one that refuses what does not fit any more.

    A file that is refused fails its output with the reason; smaller ones may still fit. What is packed of files already
    kept takes no further bytes.

    Args:
        most: bytes of all outputs together; ``sys.maxsize`` for no limit.
        kept: results of earlier attempts, which count.
    """
    if most == sys.maxsize:
        return sink
    return _BoundedSink(sink, most, sum(file.size for result in kept for file in result.files))


class _BoundedSink:
    def __init__(self, sink: Sink, most: int, used: int) -> None:
        self._sink, self._most, self._used = sink, most, used
        self._lock = Lock()  # files of several outputs may be written at the same time

    def save(self, plugin: str, path: str, data: bytes | Iterable[bytes], mimetype: str) -> StoredFile:
        taken: list[int] = []
        try:
            counted = self._counted([data] if isinstance(data, bytes) else data, taken)
            return self._sink.save(plugin, path, counted, mimetype)
        except BaseException:
            self._give_back(sum(taken))
            raise

    def share(self, plugin: str, wanted: Sequence[Shareable]) -> list[Shared]:
        # Whether a file is new is known only afterwards, and one that is not takes no bytes of the disk.
        taken: list[int] = []
        try:
            return self._sink.share(plugin, [replace(one, make=self._counting(one, taken)) for one in wanted])
        except BaseException:
            self._give_back(sum(taken))
            raise

    def pack(self, plugin: str, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> StoredFile:
        return self._sink.pack(plugin, path, members, mimetype)

    def _counting(self, one: Shareable, taken: list[int]) -> Callable[[], Iterable[bytes]]:
        def make() -> Iterable[bytes]:
            data = one.make()
            return self._counted([data] if isinstance(data, bytes) else data, taken)

        return make

    def _counted(self, chunks: Iterable[bytes], taken: list[int]) -> Iterator[bytes]:
        for chunk in chunks:
            with self._lock:
                if self._used + len(chunk) > self._most:
                    raise ByteBudgetExceeded(
                        f"It does not fit into the {self._most} bytes that a page of this crawl may take"
                        " (snapshot_max_size)."
                    )
                self._used += len(chunk)
            taken.append(len(chunk))
            yield chunk

    def _give_back(self, size: int) -> None:
        with self._lock:
            self._used -= size
