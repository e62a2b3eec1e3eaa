"""The browser dies, the worker changes its mind: nothing is left over and the next page is captured."""

import asyncio
import gc
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.domain.errors import BrowserDied, ByteBudgetExceeded, EnvironmentProblem
from pagekeep.domain.results import StoredFile

ALLOWED = ("127.0.0.0/8",)
LIMITS = Limits(open=8.0, settle=8.0, scroll=2.0, output=5.0)


class Watcher:
    """Lets a test act when a step begins."""

    def __init__(self, acts=None):
        self.acts = acts or {}

    async def step(self, name):
        if name in self.acts:
            await self.acts[name]()

    async def result(self, result):
        pass

    async def answered(self, status):
        pass

    async def linked(self, final_url):
        pass

    def note(self, line):
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
        while _group(pid):  # noqa: ASYNC110 - the system tells nobody when a group is empty
            await asyncio.sleep(0.02)


async def _contexts(engine):
    return (await engine.browser.connection.browser.call("Target.getBrowserContexts"))["browserContextIds"]


def _renderers(pid):
    lines = {number: (Path("/proc") / str(number) / "cmdline").read_bytes() for number in _group(pid)}
    return [number for number, line in lines.items() if b"--type=renderer" in line]


def _request(url, *plugins):
    return CaptureRequest(url, plugins=plugins or ("title",), allow_private=ALLOWED, limits=LIMITS)


class SlowDisk:
    """A sink whose first file takes as long as the test wants."""

    def __init__(self):
        self.free = threading.Event()

    def save(self, plugin, path, data, mimetype):
        if plugin == "title":
            assert self.free.wait(10), "the next output did not begin meanwhile"
        return StoredFile(path, len(data), hashlib.sha256(data).hexdigest(), mimetype)


def test_next_output_is_made_while_the_disk_takes_the_last_one(engine, site, loop_thread):
    sink, told = SlowDisk(), []

    async def begun():
        sink.free.set()

    class Ends(Watcher):
        async def result(self, result):
            told.append((result.plugin, result.status, len(result.files)))

    request = _request(site.url("/plain"), "title", "dom", "hashes")
    outcome = loop_thread.run(engine.capture(request, sink, Ends({"dom": begun})))
    assert told == [("title", "succeeded", 1), ("dom", "succeeded", 1), ("hashes", "succeeded", 1)]
    assert [result.plugin for result in outcome.results] == ["title", "dom", "hashes"]


def test_file_the_disk_refuses_fails_its_output_alone(engine, site, loop_thread):
    class Refuses(SlowDisk):
        def save(self, plugin, path, data, mimetype):
            if plugin == "dom":
                raise ByteBudgetExceeded("It is too large for this disk.")
            return super().save(plugin, path, data, mimetype)

    sink = Refuses()
    sink.free.set()
    request = _request(site.url("/plain"), "title", "dom", "htmltotext")
    outcome = loop_thread.run(engine.capture(request, sink, Watcher()))
    assert [(result.plugin, result.status) for result in outcome.results] == [
        ("title", "succeeded"),
        ("dom", "failed"),
        ("htmltotext", "succeeded"),
    ]
    assert outcome.results[1].summary == "It is too large for this disk."


@pytest.mark.parametrize("step", ["open", "settle", "title"])
def test_killed_browser_ends_the_visit_and_the_next_one_works(own_engine, site, loop_thread, tmp_path, step):
    pid = own_engine.browser.process.pid

    async def kill():
        os.killpg(pid, signal.SIGKILL)

    with pytest.raises(BrowserDied):
        loop_thread.run(
            own_engine.capture(_request(site.url("/article"), "title", "dom"), Nowhere(), Watcher({step: kill}))
        )
    outcome = loop_thread.run(own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher()))
    assert outcome.title == "Plain"
    loop_thread.run(_gone(pid))
    assert own_engine.browser.process.pid != pid
    assert len(list(tmp_path.iterdir())) == 1  # the new browser's profile


def test_browser_killed_while_the_page_waits(own_engine, site, loop_thread):
    pid = own_engine.browser.process.pid
    before = len(site.requests)

    async def scenario():
        visit = asyncio.create_task(own_engine.capture(_request(site.url("/hang?killed")), Nowhere(), Watcher()))
        await asyncio.to_thread(site.wait_for, "/hang?killed", after=before)
        os.killpg(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            await visit

    with pytest.raises(BrowserDied):
        loop_thread.run(scenario())
    loop_thread.run(_gone(pid))


def test_browser_that_does_not_answer_is_replaced(own_engine, site, loop_thread, monkeypatch):
    monkeypatch.setattr("pagekeep.capture.engine._READY_SECONDS", 1.0)
    pid = own_engine.browser.process.pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(BrowserDied, match="did not open"):
        loop_thread.run(own_engine.capture(_request(site.url("/plain"), "title"), Nowhere(), Watcher()))
    outcome = loop_thread.run(own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher()))
    assert outcome.title == "Plain"
    loop_thread.run(_gone(pid))


def test_browser_that_falls_silent_in_a_visit_is_replaced_long_before_the_limits(
    site, loop_thread, monkeypatch, tmp_path
):
    monkeypatch.setattr("pagekeep.capture.chromium.launch.ASK_EVERY_SECONDS", 0.2)
    monkeypatch.setattr("pagekeep.capture.chromium.launch.SILENT_SECONDS", 1.0)

    async def scenario():
        async with Engine(EngineOptions(temp_dir=tmp_path)) as engine:
            pid = engine.browser.process.pid

            stopped = []

            async def stop():
                stopped.append(time.monotonic())
                os.kill(pid, signal.SIGSTOP)

            with pytest.raises(BrowserDied):
                await engine.capture(
                    _request(site.url("/article"), "title", "dom"), Nowhere(), Watcher({"settle": stop})
                )
            assert time.monotonic() - stopped[0] < LIMITS.settle
            outcome = await engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher())
            await _gone(pid)
            return outcome

    assert loop_thread.run(scenario()).title == "Plain"


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


def test_killed_renderer_costs_its_page_and_says_so_soon(own_engine, site, loop_thread):
    pid = own_engine.browser.process.pid

    async def kill():
        for renderer in _renderers(pid):
            os.kill(renderer, signal.SIGKILL)

    async def scenario():
        started = time.monotonic()
        request = _request(site.url("/article"), "title", "dom", "hashes")
        visit = asyncio.wait_for(own_engine.capture(request, Nowhere(), Watcher({"settle": kill})), 20)
        outcome = (await asyncio.gather(visit, return_exceptions=True))[0]
        return outcome, time.monotonic() - started

    outcome, seconds = loop_thread.run(scenario())
    assert seconds < 10
    assert isinstance(outcome, BrowserDied) or (not outcome.succeeded and outcome.reason), outcome
    again = loop_thread.run(own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher()))
    assert again.title == "Plain"


def test_process_that_is_watched_is_the_browser_itself(own_engine):
    """Not a shell around it: the signal that ends it with its parent reaches the started process alone."""
    pid = own_engine.browser.process.pid
    assert "chrom" in os.readlink(f"/proc/{pid}/exe")


def test_browser_ends_when_its_worker_is_killed(loop_thread, tmp_path, site):
    """Even one whose page keeps it busy."""
    script = f"""
import asyncio, sys
from pathlib import Path
from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.capture.values import CaptureRequest

class Quiet:
    async def step(self, name): pass
    async def result(self, result): pass
    def note(self, line): pass

async def main():
    async with Engine(EngineOptions(temp_dir=Path(sys.argv[1]))) as engine:
        print(engine.browser.process.pid, flush=True)
        request = CaptureRequest(sys.argv[2], plugins=(), allow_private={ALLOWED!r})
        await engine.capture(request, None, Quiet())

asyncio.run(main())
"""
    path, before = "/spin_at_once?orphan", len(site.requests)
    worker = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), site.url(path)], stdout=subprocess.PIPE)
    try:
        pid = int(worker.stdout.readline())
        site.wait_for(path, after=before)
        assert _group(pid)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    loop_thread.run(_gone(pid))
    assert list(tmp_path.iterdir()) != [], "a killed worker cannot clean up"
    loop_thread.run(_start_and_close(tmp_path))
    assert list(tmp_path.iterdir()) == [], "the next browser does it"


def test_profile_of_a_living_browser_is_left_alone(loop_thread, tmp_path):
    async def scenario():
        async with Engine(EngineOptions(temp_dir=tmp_path)):
            (profile,) = tmp_path.iterdir()
            await _start_and_close(tmp_path)
            assert list(tmp_path.iterdir()) == [profile]

    loop_thread.run(scenario())


async def _start_and_close(folder):
    async with Engine(EngineOptions(temp_dir=folder)):
        pass


def test_two_pages_at_once_keep_their_traffic_apart(own_engine, site, loop_thread):
    kept = {}

    class Sink:
        def __init__(self, name):
            self.name = name

        def save(self, plugin, path, data, mimetype):
            kept[self.name, path] = data
            return StoredFile(path, len(data), "", mimetype)

    async def both():
        names = ("article", "workers")
        visits = [own_engine.capture(_request(site.url(f"/{n}"), "outlinks"), Sink(n), Watcher()) for n in names]
        return await asyncio.gather(*visits)

    outcomes = loop_thread.run(both())
    assert [outcome.title for outcome in outcomes] == ["The Lighthouse Keeper", "Workers"]
    first = json.loads(kept["article", "outlinks.json"])["requested"]
    second = json.loads(kept["workers", "outlinks.json"])["requested"]
    assert site.url("/style.css") in first
    assert site.url("/worker.js") in second
    assert set(first) & set(second) == set()
    assert loop_thread.run(_contexts(own_engine)) == []


def test_full_disk_ends_the_visit_and_leaves_nothing_open(own_engine, site, loop_thread):
    class Full:
        def save(self, plugin, path, data, mimetype):
            raise EnvironmentProblem("The disk is full.")

    with pytest.raises(EnvironmentProblem, match="full"):
        loop_thread.run(own_engine.capture(_request(site.url("/article")), Full(), Watcher()))
    assert loop_thread.run(_contexts(own_engine)) == []


def test_nothing_of_a_visit_stays_behind_in_the_engine(own_engine, site, loop_thread):
    def left():
        gc.collect()
        recorders = [thing for thing in gc.get_objects() if isinstance(thing, Recorder)]
        return (
            len(recorders),
            len(own_engine.browser.connection._sessions),
            len(own_engine.browser.connection._pending),
        )

    async def tasks():
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()]

    loop_thread.run(own_engine.capture(_request(site.url("/plain"), "hashes"), Nowhere(), Watcher()))
    before, tasks_before = left(), len(loop_thread.run(tasks()))
    for path in ("/workers", "/popups", "/article"):
        loop_thread.run(own_engine.capture(_request(site.url(path), "hashes"), Nowhere(), Watcher()))
    assert left() <= before
    assert len(loop_thread.run(tasks())) <= tasks_before


def test_closed_engine_leaves_no_process_and_no_profile(loop_thread, tmp_path):
    async def scenario():
        async with Engine(EngineOptions(temp_dir=tmp_path)) as engine:
            pid = engine.browser.process.pid
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
