"""A kept file, as it is handed to whoever serves it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pagekeep.storage.packing import ByteRange, clip_range


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a snapshot, ready to be served. ``size`` is in bytes, ``sha256`` lower-case hex."""

    size: int
    mimetype: str
    sha256: str
    _read: ByteRange

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """Yield up to ``length`` bytes from byte ``start``; less where the file ends before.

        Raises:
            ValueError: ``start`` or ``length`` is negative.
            EnvironmentProblem: what is on disk is not what was recorded.
        """
        return self._read(*clip_range(start, length, self.size))

    def __iter__(self) -> Iterator[bytes]:
        return self._read(0, self.size)
