"""A browser that is worn out is replaced; what it has open ends in it, and its processes with it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagekeep.capture.chromium.warm import Wear, own_memory
from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.domain.errors import BrowserDied
from processes import alive, family_of, named

LIMITS = Limits(open=20.0, settle=5.0, output=10.0)


class Nowhere:
    """A sink that is not reached, and a visit nobody watches."""

    async def step(self, name):
        pass

    async def result(self, result):
        pass

    async def answered(self, status):
        pass

    async def linked(self, final_url):
        pass

    def note(self, line):
        pass


def _request(url):
    return CaptureRequest(url, plugins=("hashes",), allow_private=("127.0.0.0/8",), limits=LIMITS)


@pytest.fixture
def start(loop_thread, tmp_path) -> Iterator:
    engines = []

    def begin(wear: Wear) -> Engine:
        engines.append(Engine(EngineOptions(temp_dir=tmp_path, wear=wear)))
        loop_thread.run(engines[-1].__aenter__())
        return engines[-1]

    yield begin
    for engine in engines:
        loop_thread.run(engine.__aexit__(None, None, None))
    assert not alive(family_of(Path("/nowhere"), tmp_path))
    assert not list(tmp_path.iterdir())  # the profiles are gone


async def _capture(engine, url):
    return await engine.capture(_request(url), Nowhere(), Nowhere())


async def _gone(pid):
    async with asyncio.timeout(10):
        while alive({pid}):  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.02)


def test_after_so_many_pages_another_browser_takes_the_next(start, site, loop_thread):
    engine = start(Wear(pages=2))
    pids = []
    for _ in range(5):
        assert loop_thread.run(_capture(engine, site.url("/plain"))).title == "Plain"
        pids.append(engine.browser.process.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    for pid in {*pids} - {pids[4]}:
        loop_thread.run(_gone(pid))


@pytest.mark.parametrize("wear", [Wear(seconds=0.0), Wear(memory=0)])
def test_age_and_size_wear_a_browser_out(start, site, loop_thread, wear, monkeypatch):
    monkeypatch.setattr("pagekeep.capture.chromium.warm._MEASURE_EVERY", 0.0)
    engine = start(wear)
    first = engine.browser.process.pid
    loop_thread.run(_capture(engine, site.url("/plain")))
    assert engine.browser.process.pid != first
    loop_thread.run(_gone(first))


def test_a_page_that_is_open_ends_in_the_old_browser(start, site, loop_thread):
    engine = start(Wear(pages=1))
    old = engine.browser.process.pid
    before = len(site.requests)

    async def scenario():
        slow = asyncio.create_task(_capture(engine, site.url("/hang?old")))
        await asyncio.to_thread(site.wait_for, "/hang?old", after=before)
        fast = await _capture(engine, site.url("/plain"))
        assert engine.browser.process.pid != old
        assert alive({old})
        slow.cancel()
        await asyncio.wait({slow})
        await _gone(old)
        return fast

    assert loop_thread.run(scenario()).title == "Plain"


def test_only_the_pages_of_a_browser_that_dies_are_lost(start, site, loop_thread):
    engine = start(Wear(pages=1))
    old = engine.browser
    before = len(site.requests)

    async def scenario():
        lost = asyncio.create_task(_capture(engine, site.url("/hang?lost")))
        await asyncio.to_thread(site.wait_for, "/hang?lost", after=before)
        kept = asyncio.create_task(_capture(engine, site.url("/drip")))
        await asyncio.to_thread(site.wait_for, "/drip", after=before)
        old.process.kill()
        with pytest.raises(BrowserDied):
            await lost
        assert not kept.done()
        kept.cancel()
        await asyncio.wait({kept})
        assert kept.cancelled()

    loop_thread.run(scenario())


def test_whatever_a_browser_writes_lies_in_its_profile(start, tmp_path):
    engine = start(Wear())
    (profile,) = tmp_path.iterdir()
    environ = Path(f"/proc/{engine.browser.process.pid}/environ").read_bytes().split(b"\0")
    assert {f"HOME={profile}".encode(), f"TMPDIR={profile}".encode()} <= set(environ)


def test_the_size_of_a_browser_leaves_its_pages_out(start, site, loop_thread, tmp_path, monkeypatch):
    engine = start(Wear())
    pid = engine.browser.process.pid
    before = len(site.requests)

    async def measure():
        visit = asyncio.create_task(_capture(engine, site.url("/hang?size")))
        await asyncio.to_thread(site.wait_for, "/hang?size", after=before)
        assert named(family_of(Path("/nowhere"), tmp_path), "--type=renderer")
        own = own_memory(pid)
        monkeypatch.setattr("pagekeep.capture.chromium.warm._OF_A_PAGE", b"no process has this")
        everything = own_memory(pid)
        visit.cancel()
        await asyncio.wait({visit})
        return own, everything

    own, everything = loop_thread.run(measure())
    assert 5 << 20 < own < everything
    assert own_memory(-1) == 0
