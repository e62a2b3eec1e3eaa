"""The seams of the engine: what it asks of the rest of the archive."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from pagekeep.domain.results import Result, Shareable, Shared, StoredFile


class Sink(Protocol):
    """Where the bytes of one snapshot go. Calls block until the bytes are durable; call them from a thread."""

    def save(self, plugin: str, path: str, data: bytes | Iterable[bytes], mimetype: str) -> StoredFile:
        """Keep a file in the plugin's folder, all of it or nothing.

        Raises:
            BadInput: ``plugin`` or ``path`` would leave the snapshot's folder.
            EnvironmentProblem: the disk is full or not writable.
        """
        ...

    def share(self, plugin: str, wanted: Sequence[Shareable]) -> list[Shared]:
        """Keep a file for each of ``wanted``: the one known by its key, whichever snapshot kept it first.

        Where none is known, or it is gone or damaged, the bytes that its ``make`` gives are kept, each file all or
        nothing, and are known by the key from then on. ``make`` is called once at most, one after the other.

        Raises:
            BadInput, EnvironmentProblem: as ``save``.
        """
        ...

    def pack(self, plugin: str, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> StoredFile:
        """Record a ZIP (stored, not compressed) made of files already kept, without writing their bytes again.

        Args:
            members: (name inside the ZIP, plugin that keeps the file, the file), in the order they are packed.
        """
        ...


class Progress(Protocol):
    """Who watches a visit."""

    async def step(self, name: str) -> None:
        """A step (``open``, ``settle``, …) or the output of a plugin begins."""
        ...

    async def result(self, result: Result) -> None:
        """One output is done: kept, failed, skipped or empty."""
        ...

    def note(self, line: str) -> None:
        """Something happened that explains what is kept and what is not; for the capture's log."""
        ...

    async def answered(self, status: int) -> None:
        """The page was answered with this HTTP status; it is told before any output is made."""
        ...

    async def linked(self, final_url: str) -> None:
        """The links of a page that answered as it should are kept, long before the visit ends."""
        ...
