"""How much of the disk a page takes that is archived again and again.

Captures ten pages of Debian's ``sqlite3-doc`` once, then four more times, with the real engine, browser and storage,
and measures the data directory after the first and after the fifth time: the bytes of its files, each inode once, and
the blocks really used. For each output it tells the same, and for how many pages all visits gave the same bytes.

    python benchmarks/storage.py [--pages 10] [--times 5] [--corpus DIRECTORY]
"""

import argparse
import asyncio
import multiprocessing
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from capture import MAY_BE_EMPTY, _Quiet, choose, fetch_corpus, serve
from pagekeep.capture.engine import Engine
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.ids import new_id
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage.layout import DataDir
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles

NOTES = "notes and folders"
WHY = {
    "headers": "holds the server's date",
    "warc": "small responses and all requests are recorded with their time",
    "wacz": "names the time and the digest of the WARC",
    "hashes": "lists the digest of the WARC",
    NOTES: "a manifest, an index and a folder for each plugin: a block each",
}
Usage = tuple[int, int]  # bytes of files, bytes of the blocks they take


def below(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


def usage(paths: Iterable[Path]) -> Usage:
    """Return what these files and folders take, each inode once."""
    inodes = {status.st_ino: status for status in (path.lstat() for path in paths)}.values()
    return sum(s.st_size for s in inodes if not S_ISDIR(s.st_mode)), sum(s.st_blocks * 512 for s in inodes)


def by_output(visits: Iterable[SnapshotFiles]) -> dict[str, list[Path]]:
    """Return the files of these snapshots by the plugin that keeps them; manifests, indexes and folders apart."""
    found: dict[str, list[Path]] = defaultdict(list)
    for visit in visits:
        for path in below(visit.folder):
            is_note = path.is_dir() or path.name in ("manifest.json", ".files.jsonl")
            found[NOTES if is_note else path.relative_to(visit.folder).parts[0]].append(path)
    return found


def repeats(visits: list[SnapshotFiles], plugin: str) -> bool:
    """Tell whether every visit of a page gave the same bytes for an output."""
    return len({tuple(sorted((file.path, file.sha256) for file in visit.files(plugin))) for visit in visits}) == 1


async def visit_all(engine: Engine, data: DataDir, origin: str, pages: list[str]) -> dict[str, SnapshotFiles]:
    """Capture every page once; what does not succeed is said."""
    kept = {}
    for page in pages:
        snapshot_id, started = new_id(), datetime.now(UTC)
        kept[page] = SnapshotFiles(data, snapshot_id)
        request = CaptureRequest(f"{origin}/{page}", DEFAULT_PLUGINS, allow_private=(origin.removeprefix("http://"),))
        outcome = await engine.capture(request, kept[page], _Quiet())
        status = SnapshotStatus.SUCCEEDED
        kept[page].write_manifest(Manifest(snapshot_id, request.url, status, started, results=outcome.results))
        for result in outcome.results:
            if result.status is not ResultStatus.SUCCEEDED and result.plugin not in MAY_BE_EMPTY:
                print(f"did not succeed: {page} {result.plugin}: {result.summary}")
    return kept


async def run(origin: str, pages: list[str], times: int, folder: Path) -> None:
    """Capture all pages ``times`` times into ``folder`` and print what they take."""
    data = DataDir(folder)
    data.prepare()
    visits: dict[str, list[SnapshotFiles]] = {page: [] for page in pages}
    totals: list[Usage] = []
    async with Engine() as engine:
        for number in range(times):
            print(f"time {number + 1} of {times} …", flush=True)
            for page, files in (await visit_all(engine, data, origin, pages)).items():
                visits[page].append(files)
            totals.append(usage(below(folder)))
    report(visits, totals)


def report(visits: dict[str, list[SnapshotFiles]], totals: list[Usage]) -> None:
    """Print a Markdown table: kB once and kB after the last time, as bytes of files / blocks on disk."""
    once = by_output(files[0] for files in visits.values())
    always = by_output(visit for files in visits.values() for visit in files)
    print(f"\n{len(visits)} pages, {len(totals)} times each\n")
    print(
        "| | once: kB (on disk) | five times: kB (on disk) | ratio (on disk) | same bytes | why not |".replace(
            "five", str(len(totals))
        )
    )
    print("|---|---|---|---|---|---|")
    for name in (*DEFAULT_PLUGINS, NOTES):
        if name in always:
            same = sum(repeats(files, name) for files in visits.values())
            label, pages = (NOTES, "") if name == NOTES else (f"`{name}`", f"{same} of {len(visits)}")
            why = WHY.get(name, "") if name == NOTES or same < len(visits) else ""
            print(row(label, usage(once[name]), usage(always[name]), pages, why))
    print(row("the data directory", totals[0], totals[-1], "", ""))


def row(name: str, first: Usage, last: Usage, same: str, why: str) -> str:
    """Return one line of the table."""
    figures = [f"{size / 1000:,.0f} ({blocks / 1000:,.0f})" for size, blocks in (first, last)]
    ratio = f"{last[0] / first[0]:.2f} ({last[1] / first[1]:.2f})"
    return f"| {' | '.join([name, *figures, ratio, same, why])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--corpus", type=Path, default=Path("build/corpora/sqlite3-doc"))
    options = parser.parse_args()
    root = fetch_corpus(options.corpus)
    every = choose(root, 0)
    pages = every[:: max(1, len(every) // options.pages)][: options.pages]
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(str(root), port), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(f"http://127.0.0.1:{port.get(timeout=10)}", pages, options.times, Path(folder)))
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
