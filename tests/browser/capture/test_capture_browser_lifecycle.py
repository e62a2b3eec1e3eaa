"""The browser dies, the worker changes its mind: nothing is left over and the next page is captured."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.domain.errors import BrowserDied, EnvironmentProblem

ALLOWED = ("127.0.0.0/8",)
LIMITS = Limits(open=20.0, settle=20.0)


class Watcher:
    """Lets a test act when a step begins."""

    def __init__(self, acts=None):
        self.acts = acts or {}

    async def step(self, name):
        if name in self.acts:
            await self.acts[name]()

    async def result(self, result):
        pass


class Nowhere:
    """A sink that is not reached."""

    def save(self, plugin, path, data, mimetype):
        raise AssertionError(path)

    pack = save


@pytest.fixture
def own_engine(loop_thread, tmp_path):
    """A browser of the test's own, its profile in ``tmp_path``."""
    engine = Engine(EngineOptions(temp_dir=tmp_path))
    loop_thread.run(engine.__aenter__())
    yield engine
    loop_thread.run(engine.__aexit__(None, None, None))


def _group(pid):
    """Return the processes of a process group that are alive."""
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == pid and fields[0] != "Z":
                alive.append(int(entry.name))
    return alive


async def _gone(pid, seconds=5.0):
    async with asyncio.timeout(seconds):
        while _group(pid):
            await asyncio.sleep(0.02)


async def _contexts(engine):
    return (await engine._browser.connection.browser.call("Target.getBrowserContexts"))["browserContextIds"]


def _request(url, *plugins):
    return CaptureRequest(url, plugins=plugins or ("title",), allow_private=ALLOWED, limits=LIMITS)


@pytest.mark.parametrize("step", ["open", "settle", "title"])
def test_killed_browser_ends_the_visit_and_the_next_one_works(own_engine, site, loop_thread, tmp_path, step):
    pid = own_engine._browser.process.pid

    async def kill():
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(BrowserDied):
        loop_thread.run(own_engine.capture(_request(site.url("/article")), Nowhere(), Watcher({step: kill})))
    outcome = loop_thread.run(own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher()))
    assert outcome.title == "Plain"
    loop_thread.run(_gone(pid))
    assert own_engine._browser.process.pid != pid
    assert len(list(tmp_path.iterdir())) == 1  # the new browser's profile


def test_browser_killed_while_the_page_waits(own_engine, site, loop_thread):
    pid = own_engine._browser.process.pid
    before = len(site.requests)

    async def scenario():
        visit = asyncio.create_task(own_engine.capture(_request(site.url("/hang?killed")), Nowhere(), Watcher()))
        await asyncio.to_thread(site.wait_for, "/hang?killed", after=before)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            await visit

    with pytest.raises(BrowserDied):
        loop_thread.run(scenario())
    loop_thread.run(_gone(pid))


@pytest.mark.parametrize("path", ["/hang?cancelled", "/spin_at_once?cancelled", "/growing?cancelled"])
def test_cancelled_visit_leaves_no_context_open(own_engine, site, loop_thread, path):
    before = len(site.requests)

    async def scenario():
        visit = asyncio.create_task(own_engine.capture(_request(site.url(path)), Nowhere(), Watcher()))
        await asyncio.to_thread(site.wait_for, path, after=before)
        await asyncio.sleep(0)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        outcome = await own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher())
        return outcome, await _contexts(own_engine)

    outcome, contexts = loop_thread.run(scenario())
    assert outcome.title == "Plain"
    assert contexts == []


def test_two_pages_at_once_keep_their_traffic_apart(own_engine, site, loop_thread):
    requested = {}

    class Sink:
        def save(self, plugin, path, data, mimetype):
            requested[path] = data
            raise EnvironmentProblem("full")

    async def both():
        visits = [own_engine.capture(_request(site.url(f"/{name}"), "warc"), Sink(), Watcher()) for name in "ab"]
        return await asyncio.gather(*visits, return_exceptions=True)

    outcomes = loop_thread.run(both())
    assert all(isinstance(outcome, EnvironmentProblem) for outcome in outcomes), outcomes
    assert loop_thread.run(_contexts(own_engine)) == []


def test_closed_engine_leaves_no_process_and_no_profile(loop_thread, tmp_path):
    async def scenario():
        async with Engine(EngineOptions(temp_dir=tmp_path)) as engine:
            pid = engine._browser.process.pid
            assert _group(pid)
        await _gone(pid)

    loop_thread.run(scenario())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["/no/such/browser", "/bin/true"])
def test_browser_that_cannot_be_started_says_so(loop_thread, tmp_path, name):
    async def scenario():
        async with Engine(EngineOptions(chromium=name, temp_dir=tmp_path)):
            pass

    with pytest.raises(EnvironmentProblem, match="browser"):
        loop_thread.run(scenario())
    assert list(tmp_path.iterdir()) == []
