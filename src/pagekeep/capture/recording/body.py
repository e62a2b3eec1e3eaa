"""The bytes of a response: in memory while they are few, else in a nameless temporary file."""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

IN_MEMORY = 1 << 20
CHUNK = 1 << 18


class Body:
    """What a server sent, without any content coding. Written once from front to end, then read as often as wanted.

    The temporary file has no name: whatever ends this process ends it too.

    Attributes:
        size: bytes so far.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Begin an empty body.

        Args:
            folder: where its file is made, if it needs one; the system's temporary folder by default.
        """
        self.size = 0
        self._folder = folder
        self._memory = bytearray()
        self._file: int | None = None
        self._hash = hashlib.sha256()

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return a body that holds ``data``."""
        body = cls()
        body.write(data)
        return body

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            OSError: the disk takes no more.
        """
        self.size += len(chunk)
        self._hash.update(chunk)
        if self._file is None and self.size > IN_MEMORY:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                self._file = os.dup(file.fileno())
            chunk = bytes(self._memory) + chunk
            self._memory.clear()
        if self._file is None:
            self._memory += chunk
        else:
            _write_all(self._file, chunk)

    @property
    def sha256(self) -> bytes:
        """The digest of the bytes so far."""
        return self._hash.digest()

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it, piece by piece; several readers do not disturb each other."""
        if self._file is None:
            if self._memory:
                yield bytes(self._memory)
            return
        for position in range(0, self.size, CHUNK):
            yield os.pread(self._file, CHUNK, position)

    def start(self, size: int) -> bytes:
        """Return the first ``size`` bytes."""
        return bytes(self._memory[:size]) if self._file is None else os.pread(self._file, size, 0)

    def read(self) -> bytes:
        """Return all of it; for bodies that are known to be of bearable size."""
        return b"".join(self.chunks())

    def base64(self) -> str:
        """Return all of it in base64, as the browser takes it."""
        return base64.b64encode(self.read()).decode()

    def clear(self) -> None:
        """Let go of the bytes."""
        self.close()
        self.size, self._memory, self._hash = 0, bytearray(), hashlib.sha256()

    def close(self) -> None:
        """Free the file, if there is one. A second call does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __bool__(self) -> bool:
        return self.size > 0

    def __del__(self) -> None:
        self.close()


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
