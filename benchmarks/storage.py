"""What pages take on disk when they are archived again.

Captures ten pages of a corpus once, then four more times, with the real engine, browser and storage, and measures the
data directory after the first and after the fifth time: the bytes of its files, each inode once, and the blocks really
used. For each output it tells the same, and for how many pages all visits gave the same bytes. Ends with 1 where the
last takes more than twice the disk of the first.

    python benchmarks/storage.py [--pages 10] [--times 5] [--corpus NAME]
"""

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from corpora import NAMES, fetch
from origin import Origin
from pagekeep.capture.engine import Engine
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.status import SnapshotStatus
from pagekeep.storage.layout import DataDir
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.snapshot_files import SnapshotFiles
from rounds import Visits

NOTES = "notes and folders"
MOST = 2.0
WHY = {
    "headers": "holds the server's date",
    "har": "holds the times of every exchange",
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


async def visit_all(visits: Visits, url: str, pages: Iterable[str]) -> dict[str, SnapshotFiles]:
    """Capture every page once, with the manifest a worker writes."""
    kept = {}
    for page in pages:
        started = datetime.now(UTC)
        outcome, files = await visits.one(page)
        status = SnapshotStatus.SUCCEEDED
        manifest = Manifest(files.folder.name, f"{url}/{page}", status, started, results=outcome.results)
        files.write_manifest(manifest)
        kept[page] = files
    return kept


async def run(origin: Origin, pages: tuple[str, ...], times: int, folder: Path) -> bool:
    """Capture all pages ``times`` times into ``folder`` and print what they take; return whether that is as wanted."""
    data = DataDir(folder)
    data.prepare()
    kept: dict[str, list[SnapshotFiles]] = {page: [] for page in pages}
    totals: list[Usage] = []
    async with Engine() as engine:
        visits = Visits(engine, origin, data)
        for number in range(times):
            print(f"time {number + 1} of {times} …", file=sys.stderr, flush=True)
            for page, files in (await visit_all(visits, origin.url, pages)).items():
                kept[page].append(files)
            totals.append(usage(below(folder)))
    for line in visits.failures:
        print("did not succeed:", line)
    report(kept, totals)
    return not visits.failures and all(last <= MOST * first for first, last in zip(totals[0], totals[-1], strict=True))


def report(visits: dict[str, list[SnapshotFiles]], totals: list[Usage]) -> None:
    """Print a Markdown table: kB once and kB after the last time, as bytes of files / blocks on disk."""
    once = by_output(files[0] for files in visits.values())
    always = by_output(visit for files in visits.values() for visit in files)
    print(f"\n{len(visits)} pages, {len(totals)} times each\n")
    print(f"| | once: kB (on disk) | {len(totals)} times: kB (on disk) | ratio (on disk) | same bytes | why not |")
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--corpus", choices=NAMES, default="sqlite3-doc")
    options = parser.parse_args()
    corpus = fetch(options.corpus, options.pages)
    with Origin(corpus.root) as origin, tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as folder:
        return 0 if asyncio.run(run(origin, corpus.pages, options.times, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
