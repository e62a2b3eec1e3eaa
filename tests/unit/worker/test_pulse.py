"""A worker whose loop stands still ends itself and says where; one that moves tells its supervisor."""

import asyncio
import os
import subprocess
import sys

import pytest

from pagekeep.worker import pulse

STUCK = """
import asyncio, time
from pagekeep.worker import pulse
pulse.hung_seconds = lambda: 0.5

async def main():
    async with pulse.pulsing(None):
        await asyncio.sleep(0.1)
        {stuck}

asyncio.run(main())
"""


@pytest.mark.parametrize("stuck", ["time.sleep(60)", "import re; re.match('(a|a)*b', 'a' * 64)"])
def test_a_loop_that_stands_still_ends_the_process_with_a_trace(stuck: str) -> None:
    """The second holds the interpreter: nothing written in Python could end it."""
    done = subprocess.run([sys.executable, "-c", STUCK.format(stuck=stuck)], capture_output=True, text=True, timeout=50)
    assert done.returncode == 1
    assert "Timeout (0:00:00.500000)!" in done.stderr
    assert "in main" in done.stderr


def test_a_loop_that_moves_tells_so_and_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LONGEST", 0.02)
    reader, writer = os.pipe()

    async def beat() -> bytes:
        async with pulse.pulsing(writer):
            return await asyncio.to_thread(os.read, reader, 1) + await asyncio.to_thread(os.read, reader, 1)

    try:
        assert asyncio.run(beat()) == b".."
    finally:
        os.close(reader)
        os.close(writer)


def test_a_supervisor_that_has_gone_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LONGEST", 0.01)
    reader, writer = os.pipe()
    os.close(reader)

    async def beat() -> None:
        async with pulse.pulsing(writer):
            await asyncio.sleep(0.1)

    asyncio.run(beat())
    os.close(writer)
