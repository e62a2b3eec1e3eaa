"""Whether what is kept can be read again with another program: every page's WACZ, replayed by pywb in real Chromium.

Captures each page with the default set, stops its server, gives each WACZ to pywb as a collection of its own, opens it
there, and compares the text with the one kept at the visit. Whatever still asks for the original server is counted: a
socket listens in its place. Ends with 1 where a text is less than 0.99 alike or anything was asked of the origin.

pywb is GPL-3.0: it is run as a program in a virtual environment of its own below ``build/``, and never imported.

    python benchmarks/replay.py [--corpus NAME]... [--pages N]
"""

import argparse
import asyncio
import difflib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from corpora import NAMES, Corpus, fetch
from origin import Origin, Watcher
from pagekeep.capture.engine import Engine
from pagekeep.capture.values import CaptureRequest
from pagekeep.cli.ports import usable_port
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import ResultStatus
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles
from rounds import Quiet, Visits

HERE = Path(__file__).parent
WANTED = 0.99
# pywb's own line above a page.
BANNER = r"\A\s*Current Capture: .*\n"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A captured page: its address, its text, and its WACZ as a file."""

    url: str
    text: str
    wacz: Path


class Pywb:
    """pywb serving some WACZ files, each as the collection ``page-<number>``, while the block runs."""

    def __init__(self, folder: Path, waczs: list[Path]) -> None:
        self._folder, self._waczs = folder, waczs

    def __enter__(self) -> Self:
        programs = _install()
        for number, wacz in enumerate(self._waczs):
            for command in (["init", f"page-{number}"], ["add", "--unpack-wacz", f"page-{number}", str(wacz)]):
                subprocess.run(
                    [str(programs / "wb-manager"), *command], cwd=self._folder, check=True, capture_output=True
                )
        self.address = f"127.0.0.1:{(port := usable_port('127.0.0.1', 0))}"
        self._said = (self._folder / "pywb.txt").open("w")
        command = [str(programs / "wayback"), "--bind", "127.0.0.1", "--port", str(port)]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=self._said, stderr=self._said)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://{self.address}/", timeout=5).close()
                return self
            except urllib.error.URLError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"pywb did not start: {(self._folder / 'pywb.txt').read_text()}") from None
                time.sleep(0.1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._said.close()

    def url(self, number: int, original: str) -> str:
        """Return where page ``number`` is replayed, without pywb's own frame around it."""
        return f"http://{self.address}/page-{number}/mp_/{original}"


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, word by word: 0 to 1."""
    return difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


async def capture(corpus: Corpus, folder: Path) -> tuple[list[Kept], int]:
    """Capture every page of a corpus; return what is kept, and the port its server had."""
    data = DataDir(folder / "data")
    data.prepare()
    kept: list[Kept] = []
    with Origin(corpus.root) as origin:
        async with Engine() as engine:
            visits = Visits(engine, origin, data)
            for page in corpus.pages:
                _, files = await visits.one(page)
                wacz = folder / f"{len(kept)}.wacz"
                wacz.write_bytes(b"".join(files.open("wacz", "archive.wacz")))
                kept.append(Kept(f"{origin.url}/{page}", _text(files), wacz))
        for line in visits.failures:
            print("did not succeed:", line)
        return kept, origin.port


async def replay(kept: list[Kept], pywb: Pywb, origin: str, folder: Path) -> list[float]:
    """Open every page in pywb and return how like the kept text each is. The browser may reach the origin's address."""
    data = DataDir(folder / "replayed")
    data.prepare()
    likenesses = []
    async with Engine() as engine:
        for number, page in enumerate(kept):
            files = SnapshotFiles(data, new_id())
            url, allowed = pywb.url(number, page.url), (pywb.address, origin)
            outcome = await engine.capture(CaptureRequest(url, ("htmltotext",), allow_private=allowed), files, Quiet())
            succeeded = any(result.status is ResultStatus.SUCCEEDED for result in outcome.results)
            likenesses.append(likeness(page.text, re.sub(BANNER, "", _text(files))) if succeeded else 0.0)
    return likenesses


def check(corpus: Corpus) -> bool:
    """Capture and replay a corpus and print what came of it; return whether all is as it should be."""
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name:
        folder = Path(name)
        kept, port = asyncio.run(capture(corpus, folder))
        watcher = Watcher(port)
        try:
            with Pywb(folder, [page.wacz for page in kept]) as pywb:
                likenesses = asyncio.run(replay(kept, pywb, f"127.0.0.1:{port}", folder))
        finally:
            watcher.close()
    unlike = [(value, page.url) for value, page in zip(likenesses, kept, strict=True) if value < WANTED]
    print(f"| {corpus.name} | {len(kept)} | {min(likenesses):.4f} | {len(unlike)} | {watcher.count} |")
    for value, url in sorted(unlike):
        print(f"  {value:.4f} {url}", file=sys.stderr)
    return not unlike and not watcher.count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=NAMES, help="only this one; may be repeated")
    parser.add_argument("--pages", type=int, default=0, help="only so many pages of each corpus (0: all)")
    options = parser.parse_args()
    print("| pages | number | least alike | below 0.99 | asked of the origin |\n|---|---|---|---|---|", flush=True)
    good = [check(fetch(name, options.pages)) for name in options.corpus or NAMES]
    return 0 if all(good) else 1


def _install() -> Path:
    """Install pywb unless it is there; return the folder of its programs."""
    venv, lock = HERE.parent / "build" / "pywb", HERE / "pywb" / "requirements.lock"
    stamp = venv / "stamp"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        install = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True)
        stamp.write_text(lock.read_text())
    return venv / "bin"


def _text(files: SnapshotFiles) -> str:
    return b"".join(files.open("htmltotext", "htmltotext.txt")).decode()


if __name__ == "__main__":
    sys.exit(main())
