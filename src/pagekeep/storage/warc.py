"""Reading WARC files: the responses in them, one by one, without ever holding more than one in memory.

Source: WARC 1.1 (ISO 28500:2017), section 4, and its annex D for gzip: each record is a member of its own.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_MOST_HEAD = 1 << 20
_STEP = 1 << 18


@dataclass(frozen=True, slots=True)
class WarcResponse:
    """An HTTP response as a WARC keeps it.

    Attributes:
        url: what was asked for.
        content_type: the header's value in lower case, with its parameters, possibly empty.
        body: bytes, cut where they are more than was asked for.
    """

    url: str
    content_type: str
    body: bytes


class DamagedWarc(ValueError):
    """The bytes are no WARC, or not a whole one."""


def read_responses(
    chunks: Iterable[bytes], wanted: Callable[[str], bool], most_bytes: int = 8 << 20
) -> Iterator[WarcResponse]:
    """Yield the responses whose content type is ``wanted``, in order.

    Args:
        chunks: the file, gzipped or plain.
        most_bytes: of a body, what is read.

    Raises:
        DamagedWarc: after what could be read.
    """
    stream = _Stream(_plain(iter(chunks)))
    while head := stream.head(b"WARC/"):
        size = _length(head)
        if head.get("warc-type") != "response":
            stream.skip(size + 4)
            continue
        block = stream.read(min(size, most_bytes + _MOST_HEAD))
        stream.skip(size - len(block) + 4)
        http, separator, body = block.partition(b"\r\n\r\n")
        content_type = _fields(http).get("content-type", "").lower()
        if separator and wanted(content_type):
            yield WarcResponse(head.get("warc-target-uri", "").strip("<>"), content_type, body[:most_bytes])


def _plain(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file without its gzip members' wrapping, in small pieces."""
    first = b""
    while len(first) < len(_MAGIC) and (piece := next(chunks, None)) is not None:
        first += piece
    if not first.startswith(_MAGIC):
        yield first
        yield from chunks
        return
    unpacker, rest = zlib.decompressobj(_GZIP), first
    try:
        while True:
            while rest:
                yield unpacker.decompress(rest, _STEP)
                rest = unpacker.unconsumed_tail
                if unpacker.eof:
                    rest, unpacker = unpacker.unused_data, zlib.decompressobj(_GZIP)
            following = next(chunks, None)
            if following is None:
                return
            rest = following
    except zlib.error as error:
        raise DamagedWarc(f"a gzip member is damaged ({error})") from error


class _Stream:
    """Bytes in order, taken as many at a time as a record says."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    def head(self, magic: bytes) -> dict[str, str]:
        """Return the fields up to the next empty line, names in lower case; none at the end of the file."""
        while b"\r\n\r\n" not in self._held:
            if len(self._held) > _MOST_HEAD:
                raise DamagedWarc("a record's head is too long")
            if not self._more():
                if self._held.strip():
                    raise DamagedWarc("it ends within a record")
                return {}
        end = self._held.index(b"\r\n\r\n")
        head = bytes(self._held[:end])
        del self._held[: end + 4]
        if not head.startswith(magic):
            raise DamagedWarc("a record does not begin with WARC/")
        return _fields(head)

    def read(self, size: int) -> bytes:
        """Return that many bytes."""
        while len(self._held) < size:
            if not self._more():
                raise DamagedWarc("it ends within a record")
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def skip(self, size: int) -> None:
        """Pass over that many bytes; the end of the file is fine."""
        while size > len(self._held):
            size -= len(self._held)
            self._held.clear()
            if not self._more():
                return
        del self._held[:size]

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._held += piece
        return True


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _length(fields: dict[str, str]) -> int:
    text = fields.get("content-length", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise DamagedWarc("a record has no length")
    return int(text)
