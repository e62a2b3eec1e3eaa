"""Answers of a few kB that unpack to gigabytes: a page that goes on with spaces, in the codings browsers take.

Made by hand, so that no library has to pack gigabytes: a block for 16 MiB, again and again.
"""

import zlib

BEGINNING = b"<!doctype html><title>Bomb</title><p>It begins."
BLOCK = 1 << 24
TIMES = 128  # 2 GiB


def gzip_bomb() -> bytes:
    """RFC 1952. The blocks are cut by a full flush, after which nothing refers back; the end is left out."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    start = packer.compress(BEGINNING) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + (packer.compress(b" " * BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)) * TIMES


def coded(coding: str, body: bytes) -> bytes:
    """Return a small body in a coding: one that is only wrapped, as brotli and zstd may do (at most 64 KiB)."""
    match coding:
        case "gzip":
            packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            return packer.compress(body) + packer.flush()
        case "deflate":
            return zlib.compress(body)
        case "br":
            bits = _Bits().add(0, 1).add(0, 1).add(0, 2).add(len(body) - 1, 16).add(1, 1)
            return bits.bytes() + body + b"\x03"
        case "zstd":
            return bytes.fromhex("28b52ffd 00 50") + _zstd_block(0, len(body), last=True) + body
    raise ValueError(coding)


def zstd_bomb() -> bytes:
    """RFC 8878: a frame of run-length blocks, each of which is one byte, at most 128 KiB times."""
    largest = 1 << 17
    # Magic number, no checksum and no size, a window of 1 MiB.
    start = bytes.fromhex("28b52ffd 00 50") + _zstd_block(0, len(BEGINNING)) + BEGINNING
    return start + (_zstd_block(1, largest) + b" ") * (BLOCK * TIMES // largest) + _zstd_block(0, 0, last=True)


def _zstd_block(kind: int, size: int, *, last: bool = False) -> bytes:
    return (last | kind << 1 | size << 3).to_bytes(3, "little")


def brotli_bomb() -> bytes:
    """RFC 7932: meta-blocks of one literal and one copy of it, 16 MiB long."""
    bits = _Bits()
    bits.add(0, 1)  # a window of 64 KiB
    # A meta-block that is not the last, its length in 4 half-bytes, uncompressed: padded to a byte.
    bits.add(0, 1).add(0, 2).add(len(BEGINNING) - 1, 16).add(1, 1)
    start = bits.bytes() + BEGINNING
    return start + _brotli_block() * TIMES + b"\x03"  # the last one, empty


def _brotli_block() -> bytes:
    bits = _Bits()
    bits.add(0, 1).add(2, 2).add(BLOCK - 1, 24).add(0, 1)  # not the last, 6 half-bytes of length, compressed
    bits.add(0, 3)  # one type of block each for literals, commands, distances
    bits.add(0, 2).add(0, 4)  # no postfix bits, no direct distances
    bits.add(0, 2).add(0, 2)  # context mode; one tree each for literals and distances
    # Prefix codes of a single symbol, which then takes no bits: 1 says simple, 0 says one symbol.
    bits.add(1, 2).add(0, 2).add(ord(" "), 8)
    bits.add(1, 2).add(0, 2).add(384 + (1 << 3) + 7, 10)  # insert 1 byte, copy 2118 and what 24 bits say
    bits.add(1, 2).add(0, 2).add(16, 6)  # a distance of 1 and what 1 bit says
    bits.add(BLOCK - 1 - 2118, 24).add(0, 1)
    bits.add(0, 1).add(3, 2).add(0, 1).add(0, 2)  # an empty block of metadata: padded to a byte
    return bits.bytes()


class _Bits:
    """Collects numbers, the least significant bit first."""

    def __init__(self) -> None:
        self._value = self._size = 0

    def add(self, number: int, size: int) -> "_Bits":
        self._value |= number << self._size
        self._size += size
        return self

    def bytes(self) -> bytes:
        return self._value.to_bytes((self._size + 7) // 8, "little")


BOMBS = {"gzip": gzip_bomb, "br": brotli_bomb, "zstd": zstd_bomb}
