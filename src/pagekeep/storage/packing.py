"""ZIP files that are never on disk: their layout is computed, their bytes are read from the members when asked for.

Members are stored, not compressed, with fixed times, so the same members always give the same bytes. The format is
PKWARE's APPNOTE 6.3.10: 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (ends), 4.5.3 (ZIP64).
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

ByteRange = Callable[[int, int], Iterator[bytes]]  # (first byte, number of bytes), always within the member

_LIMIT_16, _LIMIT_32 = 0xFFFF, 0xFFFFFFFF
_VERSION, _VERSION_ZIP64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_UTF8_NAMES = 1 << 11
_STORED = 0
_TIME, _DATE = 0, 1 << 5 | 1  # 1980-01-01 00:00, the earliest a ZIP can say
_FILE_MODE = 0o100644 << 16
_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_END_ZIP64 = struct.Struct("<4sQHHLLQQQQ")
_LOCATOR_ZIP64 = struct.Struct("<4sLQL")


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a ZIP: its name there, size in bytes and CRC-32, and how to read a part of it."""

    name: str
    size: int
    crc32: int
    read_range: ByteRange

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> "Member":
        """Make a member of bytes in memory."""
        return cls(name, len(data), zlib.crc32(data), lambda start, length: iter((data[start : start + length],)))


class Pack:
    """A ZIP of ``members``, in their order.

    Attributes:
        size: bytes of the whole ZIP.

    Raises:
        BadInput: two members have the same name, or a name is too long for a ZIP.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        self.size = 0
        self._starts: list[int] = []
        self._parts: list[tuple[int, ByteRange]] = []
        central: list[bytes] = []
        seen: set[str] = set()
        for member in members:
            name = member.name.encode()
            if member.name in seen or len(name) > _LIMIT_16:
                problem = "is there twice" if member.name in seen else f"is longer than {_LIMIT_16} bytes"
                raise BadInput(f"No ZIP can be made: the name {shorten(repr(member.name))} {problem}.")
            seen.add(member.name)
            central.append(_central_header(member, name, self.size))
            self._add_bytes(_local_header(member, name))
            self._add(member.size, member.read_range)
        directory = b"".join(central)
        self._add_bytes(directory + _end_records(len(central), len(directory), self.size))

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """Yield the bytes that ``zip_bytes[start : start + length]`` would hold.

        Raises:
            ValueError: ``start`` or ``length`` is negative.
            EnvironmentProblem: a member is not on disk as it was recorded.
        """
        start, length = clip_range(start, length, self.size)
        index = bisect_right(self._starts, start) - 1
        while length > 0:
            size, read = self._parts[index]
            inner = start - self._starts[index]
            count = min(length, size - inner)
            if count:
                yield from read(inner, count)
            start, length, index = start + count, length - count, index + 1

    def __iter__(self) -> Iterator[bytes]:
        return self.read_range(0, self.size)

    def _add(self, size: int, read: ByteRange) -> None:
        self._starts.append(self.size)
        self._parts.append((size, read))
        self.size += size

    def _add_bytes(self, data: bytes) -> None:
        self._add(len(data), lambda start, length: iter((data[start : start + length],)))


def clip_range(start: int, length: int, size: int) -> tuple[int, int]:
    """Return ``start`` and ``length`` cut to what is within ``size`` bytes.

    Raises:
        ValueError: one of them is negative.
    """
    if start < 0 or length < 0:
        raise ValueError(f"a range of bytes starts at 0 or later and is not negative, not {start} and {length}")
    start = min(start, size)
    return start, min(length, size - start)


def _local_header(member: Member, name: bytes) -> bytes:
    large = member.size >= _LIMIT_32
    size = _LIMIT_32 if large else member.size
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if large else b""
    version = _VERSION_ZIP64 if large else _VERSION
    return (
        _LOCAL.pack(
            b"PK\3\4", version, _UTF8_NAMES, _STORED, _TIME, _DATE, member.crc32, size, size, len(name), len(extra)
        )
        + name
        + extra
    )


def _central_header(member: Member, name: bytes, offset: int) -> bytes:
    large = [*([member.size] * 2 if member.size >= _LIMIT_32 else []), *([offset] if offset >= _LIMIT_32 else [])]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    version = _VERSION_ZIP64 if large else _VERSION
    size = min(member.size, _LIMIT_32)
    return (
        _CENTRAL.pack(
            b"PK\1\2",
            _MADE_ON_UNIX | version,
            version,
            _UTF8_NAMES,
            _STORED,
            _TIME,
            _DATE,
            member.crc32,
            size,
            size,
            len(name),
            len(extra),
            0,  # comment
            0,  # disk
            0,  # internal attributes
            _FILE_MODE,
            min(offset, _LIMIT_32),
        )
        + name
        + extra
    )


def _end_records(count: int, size: int, offset: int) -> bytes:
    """Return what follows a central directory of ``count`` members and ``size`` bytes that starts at ``offset``."""
    large = b""
    if count >= _LIMIT_16 or size >= _LIMIT_32 or offset >= _LIMIT_32:
        version = _VERSION_ZIP64
        rest = _END_ZIP64.size - 12  # the signature and this field do not count
        large = _END_ZIP64.pack(
            b"PK\6\6", rest, _MADE_ON_UNIX | version, version, 0, 0, count, count, size, offset
        ) + _LOCATOR_ZIP64.pack(b"PK\6\7", 0, offset + size, 1)
    entries = min(count, _LIMIT_16)
    return large + _END.pack(b"PK\5\6", 0, 0, entries, entries, min(size, _LIMIT_32), min(offset, _LIMIT_32), 0)
