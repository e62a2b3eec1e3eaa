import io
import random
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.errors import BadInput
from pagekeep.storage.packing import Member, Pack

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=20)
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=300), max_size=6)


class PackAsFile(io.RawIOBase):
    """What zipfile needs to read a Pack without its bytes being anywhere."""

    def __init__(self, pack: Pack) -> None:
        self._pack, self._position = pack, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._pack.size}[whence]
        return self._position

    def read(self, size: int = -1) -> bytes:
        data = b"".join(self._pack.read_range(self._position, self._pack.size if size < 0 else size))
        self._position += len(data)
        return data


def pack_of(contents: dict[str, bytes]) -> Pack:
    return Pack(Member.of_bytes(name, data) for name, data in contents.items())


def zeros(start: int, length: int) -> Iterator[bytes]:
    while length > 0:
        count = min(length, 65536)
        yield bytes(count)
        length -= count


@given(CONTENTS)
def test_any_members_come_back_whole_and_in_order(contents: dict[str, bytes]) -> None:
    pack = pack_of(contents)
    whole = b"".join(pack)
    assert len(whole) == pack.size
    assert whole == b"".join(pack_of(contents))
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [info.orig_filename for info in opened.infolist()] == list(contents)
        assert {info.orig_filename: opened.read(info) for info in opened.infolist()} == contents
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in opened.infolist())
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())


@given(CONTENTS, st.integers(0, 3000), st.integers(0, 3000))
def test_a_range_is_a_slice_of_the_whole(contents: dict[str, bytes], start: int, length: int) -> None:
    pack = pack_of(contents)
    whole = b"".join(pack)
    assert b"".join(pack.read_range(start, length)) == whole[start : start + length]


def test_ranges_that_make_no_sense_are_refused() -> None:
    pack = pack_of({"a": b"1"})
    for start, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="range"):
            list(pack.read_range(start, length))


def test_a_name_twice_or_too_long_is_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        Pack([Member.of_bytes("a", b""), Member.of_bytes("a", b"")])
    with pytest.raises(BadInput, match="longer than 65535"):
        Pack([Member.of_bytes("a" * 65536, b"")])


@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 5 * 2**30])
def test_members_of_4_gib_and_more_use_zip64(size: int) -> None:
    last = random.Random(1).randbytes(1000)
    pack = Pack([Member("big", size, 0, zeros), Member.of_bytes("last", last)])
    with zipfile.ZipFile(PackAsFile(pack)) as opened:
        big, after = opened.infolist()
        assert big.file_size == big.compress_size == size
        assert after.header_offset >= size
        assert opened.read(after) == last
        with opened.open(big) as start:  # reads the local header; the checksum is looked at only at the end
            assert start.read(10) == bytes(10)
    # Other programs read the local header alone, so its sizes must be right without the central directory.
    header = b"".join(pack.read_range(0, 30 + 3 + 20))
    in_extra = size >= 0xFFFFFFFF
    assert int.from_bytes(header[18:22], "little") == min(size, 0xFFFFFFFF)
    assert int.from_bytes(header[28:30], "little") == (20 if in_extra else 0)
    if in_extra:
        assert int.from_bytes(header[37:45], "little") == int.from_bytes(header[45:53], "little") == size


def test_more_members_than_a_plain_zip_can_count() -> None:
    names = [f"{number}" for number in range(65535)]
    pack = Pack(Member(name, 0, 0, zeros) for name in names)
    with zipfile.ZipFile(PackAsFile(pack)) as opened:
        assert opened.namelist() == names
    one_less = Pack(Member(name, 0, 0, zeros) for name in names[1:])
    zip64_end = [b"PK\6\6" in b"".join(p.read_range(p.size - 98, 98)) for p in (pack, one_less)]
    assert zip64_end == [True, False]


def test_a_wrong_checksum_would_be_noticed() -> None:
    wrong = Pack([Member("a", 3, zlib.crc32(b"abd"), lambda start, length: iter([b"abc"[start : start + length]]))])
    with zipfile.ZipFile(PackAsFile(wrong)) as opened:
        assert opened.testzip() == "a"
