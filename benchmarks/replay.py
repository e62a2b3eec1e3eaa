"""Whether what is kept can be read again with another program: every page's WACZ, replayed by pywb in real Chromium.

Captures each page twice with the default set into one archive, so that the second visit refers to what the first has
recorded; stops the server, and gives each second WACZ to pywb as a collection of its own: it must be whole by itself.
Opens the page there, compares the text with the one kept at the visit, and counts the parts of the page (styles,
scripts, pictures, fonts) that came and that did not. Whatever still asks for the original server is counted: a socket
listens in its place. Ends with 1 where a text is less than 0.99 alike, a part is missing, or the origin was asked.

pywb is GPL-3.0: it is run as a program in a virtual environment of its own below ``build/``, and never imported.

    python benchmarks/replay.py [--corpus NAME]... [--pages N]
"""

import argparse
import asyncio
import difflib
import gzip
import json
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
FAILED = 400
# pywb's own line above a page.
BANNER = r"\A\s*Current Capture: .*\n"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A captured page: its address, its text, its WACZ as a file, the revisit records in it, and what had failed."""

    url: str
    text: str
    wacz: Path
    revisits: int
    failed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replayed page: how like the kept text it is, how many of its parts came, and the addresses of those missing."""

    likeness: float
    served: int
    missing: list[str]


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

    def parts(self, number: int, asked: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Return the original addresses among those asked for while page ``number`` was replayed, with the status."""
        prefix = re.compile(rf"http://{re.escape(self.address)}/page-{number}/\d*[a-z]{{2}}_/")
        return [(prefix.sub("", url), status) for url, status in asked if prefix.match(url)]


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, word by word: 0 to 1."""
    return difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


async def capture(corpus: Corpus, folder: Path) -> tuple[list[Kept], int]:
    """Capture every page of a corpus twice; return what is kept the second time, and the port its server had."""
    data = DataDir(folder / "data")
    data.prepare()
    kept: list[Kept] = []
    with Origin(corpus.root) as origin:
        async with Engine() as engine:
            visits = Visits(engine, origin, data)
            await visits.all(corpus.pages, 1)
            for page in corpus.pages:
                _, files = await visits.one(page)
                wacz = folder / f"{len(kept)}.wacz"
                wacz.write_bytes(_read(files, "wacz", "archive.wacz"))
                revisits = gzip.decompress(_read(files, "warc", "data.warc.gz")).count(b"\r\nWARC-Type: revisit\r\n")
                failed = frozenset(url for url, status in _asked(files) if status >= FAILED)
                kept.append(Kept(f"{origin.url}/{page}", _text(files), wacz, revisits, failed))
        for line in visits.failures:
            print("did not succeed:", line)
        return kept, origin.port


async def replay(kept: list[Kept], pywb: Pywb, origin: str, folder: Path) -> list[Replayed]:
    """Open every page in pywb and return what came of it. The browser may reach the origin's address."""
    data = DataDir(folder / "replayed")
    data.prepare()
    replayed = []
    async with Engine() as engine:
        for number, page in enumerate(kept):
            files = SnapshotFiles(data, new_id())
            url, allowed = pywb.url(number, page.url), (pywb.address, origin)
            request = CaptureRequest(url, ("htmltotext", "har"), allow_private=allowed)
            outcome = await engine.capture(request, files, Quiet())
            if any(result.status is not ResultStatus.SUCCEEDED for result in outcome.results):
                replayed.append(Replayed(0.0, 0, []))
                continue
            parts = pywb.parts(number, _asked(files))
            missing = [part for part, status in parts if status >= FAILED and part not in page.failed]
            like = likeness(page.text, re.sub(BANNER, "", _text(files)))
            replayed.append(Replayed(like, len(parts) - len(missing), missing))
    return replayed


def check(corpus: Corpus) -> bool:
    """Capture and replay a corpus and print what came of it; return whether all is as it should be."""
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name:
        folder = Path(name)
        kept, port = asyncio.run(capture(corpus, folder))
        watcher = Watcher(port)
        try:
            with Pywb(folder, [page.wacz for page in kept]) as pywb:
                replayed = asyncio.run(replay(kept, pywb, f"127.0.0.1:{port}", folder))
        finally:
            watcher.close()
    unlike = [(one.likeness, page.url) for one, page in zip(replayed, kept, strict=True) if one.likeness < WANTED]
    missing = [f"{part} of {page.url}" for one, page in zip(replayed, kept, strict=True) for part in one.missing]
    cells = [
        *(corpus.name, len(kept), sum(page.revisits for page in kept)),
        *(f"{min(one.likeness for one in replayed):.4f}", len(unlike)),
        *(sum(one.served for one in replayed), len(missing), watcher.count),
    ]
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    for value, url in sorted(unlike):
        print(f"  {value:.4f} {url}", file=sys.stderr)
    for part in missing:
        print(f"  missing: {part}", file=sys.stderr)
    return not unlike and not missing and not watcher.count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=NAMES, help="only this one; may be repeated")
    parser.add_argument("--pages", type=int, default=0, help="only so many pages of each corpus (0: all)")
    options = parser.parse_args()
    print("| pages | number | revisits | least alike | below 0.99 | parts served | missing | asked of the origin |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
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
    return _read(files, "htmltotext", "htmltotext.txt").decode()


def _asked(files: SnapshotFiles) -> list[tuple[str, int]]:
    """Return the address and status of each exchange of a visit."""
    entries = json.loads(_read(files, "har", "har.json"))["log"]["entries"]
    return [(entry["request"]["url"], entry["response"]["status"]) for entry in entries]


def _read(files: SnapshotFiles, plugin: str, path: str) -> bytes:
    return b"".join(files.open(plugin, path))


if __name__ == "__main__":
    sys.exit(main())
