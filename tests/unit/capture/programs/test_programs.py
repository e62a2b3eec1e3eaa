"""Programs run shut off and within a budget, and nothing of them stays, whatever ends them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pagekeep.capture.programs.run import OUTPUT_BYTES, workplace
from pagekeep.domain.errors import ByteBudgetExceeded, CaptureError, TimeBudgetExceeded

MIB = 1 << 20
# Writes its own id and that of a child of its own, then waits for ever.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("ids.new", "w") as ids:
    ids.write(f"{os.getpid()} {child.pid}")
os.rename("ids.new", "ids")
time.sleep(600)
"""


def _run(folder, source, *, seconds=20.0, size=64 * MIB, then=None, **environment):
    """Run a Python program in a workplace below ``folder``; return how it ended and what ``then`` makes of it."""

    async def scenario():
        async with workplace(folder) as place:
            program = (sys.executable, "-I", "-c", source)
            ended = await place.run(program, seconds=seconds, size=size, environment=environment)
            return ended, then(place.folder) if then else None

    return asyncio.run(scenario())


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


async def _family(folder):
    """Return the ids that ``FAMILY`` writes below ``folder``, once it has."""
    async with asyncio.timeout(20):
        while True:
            for ids in folder.glob("*/place/ids"):
                return [int(number) for number in ids.read_text().split()]
            await asyncio.sleep(0.01)


def test_program_that_ends_tells_how(tmp_path):
    source = "import sys; print('said'); print('complained', file=sys.stderr); open('made', 'w').write('x'); exit(3)"
    ended, made = _run(tmp_path, source, then=lambda folder: (folder / "made").read_text())
    assert (ended.status, ended.output, ended.last_words, made) == (3, b"said\n", "complained", "x")
    assert list(tmp_path.iterdir()) == []


def test_program_gets_a_home_of_its_own_and_finds_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("PAGEKEEP_SECRET_KEY", "secret")
    source = """
import json, os, shutil, sys
leads = os.getpgid(0) == os.getpid()
print(json.dumps([dict(os.environ), sys.stdin.read(), shutil.which("sh"), os.getcwd(), os.nice(0), leads]))
"""
    niceness = os.nice(0)
    ended, _ = _run(tmp_path, source, OWN="1")
    environment, stdin, found, folder, nice, leads = json.loads(ended.output)
    assert set(environment) <= {
        *("PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LC_ALL", "OWN"),
        *("TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
    assert environment["HOME"].startswith(str(tmp_path))
    assert folder.startswith(str(tmp_path))
    assert (stdin, found, leads) == ("", None, True)
    assert nice > niceness


def test_program_that_talks_without_end_costs_no_memory(tmp_path):
    ended, _ = _run(tmp_path, f"print('x' * {3 * OUTPUT_BYTES}); import sys; sys.exit('last words')")
    assert len(ended.output) == OUTPUT_BYTES
    assert ended.last_words == "last words"


def test_program_that_is_not_there_says_so(tmp_path):
    async def scenario():
        async with workplace(tmp_path) as place:
            await place.run(("/no/such/program",), seconds=1, size=1)

    with pytest.raises(CaptureError, match="/no/such/program could not be started"):
        asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "source",
    [
        "for n in range(10000): open(f'{n}', 'wb').write(bytes(1 << 20))",  # many files
        "f = open('one', 'wb')\nwhile True: f.write(bytes(1 << 20))",  # one file, faster than anybody looks
        "while True: print('x' * 1000000)",
        "import os\nfor n in range(200): os.makedirs(f'{n}/{n}'); open(f'{n}/{n}/f', 'wb').write(bytes(1 << 20))",
    ],
)
def test_program_that_writes_too_much_is_ended(tmp_path, source):
    with pytest.raises(ByteBudgetExceeded, match=f"larger than {8 * MIB} bytes"):
        _run(tmp_path, source, size=8 * MIB)
    assert list(tmp_path.iterdir()) == []


def test_program_that_takes_too_much_memory_fails(tmp_path):
    ended, _ = _run(tmp_path, "held = bytearray(5 << 30)")
    assert ended.status == 1
    assert "MemoryError" in ended.last_words


@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_family_of_a_program_is_ended_as_a_whole(tmp_path, how):
    async def scenario():
        async def work():
            async with workplace(tmp_path) as place:
                seconds = 3.0 if how == "late" else 600.0
                await place.run((sys.executable, "-c", FAMILY), seconds=seconds, size=MIB)

        running = asyncio.create_task(work())
        ids = await _family(tmp_path)
        assert all(map(_alive, ids))
        if how == "cancelled":
            running.cancel()
        with pytest.raises(TimeBudgetExceeded if how == "late" else asyncio.CancelledError):
            await running
        return ids

    ids = asyncio.run(scenario())
    assert len(ids) == 2
    assert not any(map(_alive, ids))
    assert list(tmp_path.iterdir()) == []


def test_program_ends_with_its_owner_and_the_next_run_cleans_up(tmp_path):
    owner_source = f"""
import asyncio, sys
from pathlib import Path
from pagekeep.capture.programs.run import workplace

async def main():
    async with workplace(Path(sys.argv[1])) as place:
        await place.run((sys.executable, "-c", {FAMILY!r}), seconds=600, size=1 << 20)

asyncio.run(main())
"""
    owner = subprocess.Popen([sys.executable, "-c", owner_source, str(tmp_path)])
    ids = []
    try:
        ids = asyncio.run(_family(tmp_path))
        _run(tmp_path, "print('beside it')")
        assert len(list(tmp_path.iterdir())) == 1, "a workplace in use is left alone"
        owner.kill()
        owner.wait()
        _wait(lambda: not _alive(ids[0]))
        assert len(list(tmp_path.iterdir())) == 1, "a killed owner cannot clean up"
        _run(tmp_path, "print('after it')")
        assert list(tmp_path.iterdir()) == []
    finally:
        owner.kill()
        owner.wait()
        for number in ids[1:]:  # a grandchild with neither work nor connection: only this test makes one
            os.kill(number, signal.SIGKILL)
