"""One real browser and one test site for all capture tests; each page is visited once and looked at by many tests."""

import asyncio
import functools
import hashlib
import json
import subprocess
import threading
import zipfile
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pagekeep.capture.engine import Engine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.results import Result, Shareable, Shared, StoredFile
from testsite.server import SeenRequest, TestSite

LOOPBACK = ("127.0.0.0/8",)
T = TypeVar("T")
# Outputs that many pages have nothing for.
NOT_EVERYWHERE = frozenset({"redirects", "sslcerts", "static", "consolelog", "media", "git"})


class LoopThread:
    """An event loop in a thread of its own: the engine lives there for the whole session."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 90.0) -> T:
        """Return what ``work`` returns, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class FolderSink:
    """Keeps files below a folder, as real ones; visits that are given the same ``known`` share files by key."""

    def __init__(self, folder: Path, known: dict[str, bytes] | None = None) -> None:
        self.folder = folder
        self._known = {} if known is None else known

    def save(self, plugin: str, path: str, data: bytes | Iterable[bytes], mimetype: str) -> StoredFile:
        whole = data if isinstance(data, bytes) else b"".join(data)
        target = self.folder / plugin / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(whole)
        return StoredFile(path, len(whole), hashlib.sha256(whole).hexdigest(), mimetype)

    def share(self, plugin: str, wanted: Sequence[Shareable]) -> list[Shared]:
        shared = []
        for one in wanted:
            is_new = one.key not in self._known
            if is_new:
                made = one.make()
                self._known[one.key] = made if isinstance(made, bytes) else b"".join(made)
            data = self._known[one.key]
            shared.append(Shared(self.save(plugin, one.path, data, one.mimetype), is_new, data[:4096]))
        return shared

    def pack(self, plugin: str, path: str, members: Sequence[tuple[str, str, StoredFile]], mimetype: str) -> StoredFile:
        target = self.folder / plugin / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w") as packed:
            for name, owner, file in members:
                packed.writestr(name, (self.folder / owner / file.path).read_bytes())
        whole = target.read_bytes()
        return StoredFile(path, len(whole), hashlib.sha256(whole).hexdigest(), mimetype)


@dataclass
class Watcher:
    """Notes every step and result as they are told, and acts when a step begins."""

    acts: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    linked_at: int | None = None
    notes: list[str] = field(default_factory=list)

    async def step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.acts:
            await self.acts[name]()

    async def result(self, result: Result) -> None:
        self.results.append(result)

    def note(self, line: str) -> None:
        self.notes.append(line)

    async def answered(self, status: int) -> None:
        assert not self.results
        self.answers.append(status)

    async def linked(self, final_url: str) -> None:
        """Note how many results had come by then."""
        self.linked_at = len(self.results)


@dataclass(frozen=True)
class Captured:
    """A visit and everything it left behind."""

    url: str
    outcome: Outcome
    folder: Path
    watcher: Watcher
    requests: Sequence[SeenRequest]

    def result(self, plugin: str) -> Result:
        return next(result for result in self.outcome.results if result.plugin == plugin)

    def statuses(self) -> dict[str, str]:
        return {result.plugin: result.status.value for result in self.outcome.results}

    def lacking(self) -> dict[str, str]:
        """Why outputs that every page should have are not there, by plugin."""
        return {
            result.plugin: result.summary
            for result in self.outcome.results
            if result.status != "succeeded" and result.plugin not in NOT_EVERYWHERE
        }

    def path(self, plugin: str, name: str) -> Path:
        return self.folder / plugin / name

    def warcs(self) -> list[Path]:
        """The WARC files of the visit, the one that begins with its warcinfo first."""
        return sorted((self.folder / "warc").glob("*.warc.gz"), key=lambda file: file.name != "data.warc.gz")

    def text(self, plugin: str, name: str) -> str:
        return self.path(plugin, name).read_text(encoding="utf-8")

    def json(self, plugin: str, name: str) -> Any:
        return json.loads(self.path(plugin, name).read_bytes())


Capture = Callable[..., Captured]


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[LoopThread]:
    runner = LoopThread()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def engine(loop_thread: LoopThread) -> Iterator[Engine]:
    """The browser that most tests share."""
    shared = Engine()
    loop_thread.run(shared.__aenter__())
    yield shared
    loop_thread.run(shared.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate made now, for a host that the site is not."""
    folder = tmp_path_factory.mktemp("tls")
    key, pem = folder / "key.pem", folder / "both.pem"
    subject = ["-subj", "/CN=another-host.example", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), *subject]
    made = subprocess.run(command, check=True, capture_output=True)
    pem.write_bytes(key.read_bytes() + made.stdout)
    return pem


@pytest.fixture(scope="session")
def site(certificate: Path) -> Iterator[TestSite]:
    with TestSite(certificate) as running:
        yield running


@pytest.fixture(scope="session")
def capture_with(
    site: TestSite, loop_thread: LoopThread, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Captured]:
    """Visit a page with an engine: see ``capture``. ``acts`` are what happens when a step begins."""

    def visit(engine: Engine, path: str, *, acts: Mapping[str, Any] | None = None, **fields: Any) -> Captured:
        url = site.url(path) if path.startswith("/") else path
        before = len(site.requests)
        folder, watcher = tmp_path_factory.mktemp("visit"), Watcher(acts or {})
        request = CaptureRequest(url, **({"allow_private": LOOPBACK} | fields))
        outcome = loop_thread.run(engine.capture(request, FolderSink(folder), watcher))
        return Captured(url, outcome, folder, watcher, tuple(site.requests[before:]))

    return visit


@pytest.fixture(scope="session")
def capture(capture_with: Callable[..., Captured], engine: Engine) -> Capture:
    """Visit a page now: ``capture("/path")`` or a whole URL, with fields of CaptureRequest."""
    return functools.partial(capture_with, engine)


@pytest.fixture(scope="session")
def captured(capture: Capture) -> Capture:
    """The visit of a page with every output, made the first time a test asks for it."""
    made: dict[str, Captured] = {}

    def visit(path: str) -> Captured:
        if path not in made:
            made[path] = capture(path)
        return made[path]

    return visit
