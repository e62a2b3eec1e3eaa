"""A body gives back what was written, in memory or from its file, and leaves nothing behind."""

import hashlib
import os

from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.recording import body
from pagekeep.capture.recording.body import Body


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(0, 200))
def test_what_was_written_is_read_wherever_it_lies(pieces, in_memory):
    kept, body.IN_MEMORY = body.IN_MEMORY, in_memory
    try:
        made = Body()
        for piece in pieces:
            made.write(piece)
        whole = b"".join(pieces)
        assert made.read() == whole
        assert b"".join(made.chunks()) == whole
        assert (made.size, made.sha256, bool(made)) == (len(whole), hashlib.sha256(whole).digest(), bool(whole))
        assert made.start(7) == whole[:7]
    finally:
        body.IN_MEMORY = kept


def test_large_body_is_no_memory_and_no_named_file(tmp_path):
    before = set(os.listdir("/proc/self/fd"))
    made = Body(tmp_path)
    for _ in range(4):
        made.write(bytes(body.IN_MEMORY))
    assert list(tmp_path.iterdir()) == []
    assert not made._memory
    opened = set(os.listdir("/proc/self/fd")) - before
    assert any("(deleted)" in os.readlink(f"/proc/self/fd/{number}") for number in opened if number.isdigit())
    made.clear()
    assert (made.size, made.read()) == (0, b"")


def test_two_readers_do_not_disturb_each_other():
    made = Body()
    made.write(os.urandom(3 * body.CHUNK + body.IN_MEMORY))
    one, two = made.chunks(), made.chunks()
    assert next(one) + next(one) == made.start(2 * body.CHUNK)
    assert b"".join(two) == made.read()
