"""How fast search answers over a large archive, and what its index costs in time and room.

Fills a new archive (see ``filling.py``), puts texts of 300 words into its index for the newest ``--texts`` snapshots,
and measures searches of every kind over HTTP. Then it adds URLs with and without the index's triggers, and prints the
size of its tables. Ends with 1 where a search takes longer than 100 ms (95th percentile).

    python benchmarks/search.py [--snapshots 1000000] [--texts 50000] [--calls 40] [--filled DATA_DIR]
"""

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from api import Call, fill, measure
from filling import WORDS
from running import Archive, Client

WANTED = 100.0
ADDED = 10_000
TEXT_WORDS = 300
TABLES = ("search_meta", "search_tagged", "search_contents")


def calls_for(client: Client) -> Iterator[Call]:
    """Yield what is measured."""
    chance = random.Random(1)
    total = client.call("/core/snapshots?limit=1")["total_items"]
    pages = [client.call(f"/core/snapshots?limit=1&offset={chance.randrange(total)}")["items"][0] for _ in range(20)]

    def asking(name: str, texts: list[str], more: str = "", wanted: float = WANTED) -> Call:
        paths = tuple(f"/core/snapshots?limit=200&search={quote(text)}{more}" for text in texts)
        return Call(name, paths, wanted=wanted)

    yield asking("part in every URL", ["https", "example", ".org/"])
    yield asking("common word", ["garden", "museum", "railway", "river", "paper"])
    yield asking("two words of a title", ["garden museum", "old railway", "small house", "river town"])
    yield asking("rare", [page["url"].rpartition("/")[2] for page in pages])
    yield asking("host name", [urlsplit(page["url"]).netloc for page in pages])
    yield asking("whole URL", [page["url"] for page in pages])
    yield asking("title", [page["title"] for page in pages])
    yield asking("part of an id", [page["id"][24:32] for page in pages])
    yield asking("timestamp", [page["timestamp"] for page in pages])
    yield asking("nothing has it", ["xylophonist", "qwertzuiop", "garden/museum/river", "www.www.www.www.www"])
    yield asking("two characters", ["ga", "or", "my", "qz", "東京"])
    yield asking("one character", ["e", "ß", "7"])
    yield asking("common word, second page", ["garden", "river"], "&page=1")
    yield asking("common word and a status", ["garden", "river"], "&status=succeeded", 0)
    yield asking("rare word and a status", ["garden-museum", "river-town"], "&status=failed", 0)
    yield asking("contents: common word", ["garden", "river", "paper"], "&search_mode=contents")
    yield asking("contents: three words", ["garden river paper", "hotel island king"], "&search_mode=contents")
    yield asking("contents: phrase", ['"garden river"', '"museum paper"'], "&search_mode=contents")
    yield asking("deep: word", ["garden", "nowhere"], "&search_mode=deep")


def put_texts(data: Path, number: int) -> float:
    """Put texts into the index as a worker does, one by one; return how many a second."""
    script = f"""
import random, time, django
django.setup()
from pagekeep.archive.models import Snapshot
from pagekeep.services.wiring import search_index
chance, index, words = random.Random(2), search_index(), {WORDS!r}
ids = list(Snapshot.objects.order_by("-bookmarked_at").values_list("pk", flat=True)[:{number}])
started = time.monotonic()
for one in ids:
    index.put_text(one, " ".join(chance.choices(words, k={TEXT_WORDS})), "")
print(len(ids) / (time.monotonic() - started))
"""
    return float(_django(data, script))


def add(data: Path, *, indexed: bool) -> float:
    """Add 10,000 URLs in one request, paused, with and without the index's triggers; return the seconds it took."""
    script = f"""
import time, django
django.setup()
from pagekeep.search.triggers import drop_triggers, make_triggers
from pagekeep.services.add_urls import add_urls
urls = [f"https://added.example.org/some-page-of-an-archive/{{time.time_ns()}}-{{n}}.html" for n in range({ADDED})]
{"make_triggers()" if indexed else "drop_triggers()"}
started = time.monotonic()
add_urls(urls, user=None, index_only=True)
print(time.monotonic() - started)
make_triggers()
"""
    return float(_django(data, script))


def sizes(data: Path) -> dict[str, int]:
    """Return the bytes of each of the index's tables."""
    with closing(sqlite3.connect(data / "pagekeep.sqlite3")) as database:
        rows = database.execute(
            "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE 'search%' GROUP BY name"
        ).fetchall()
    return {table: sum(size for name, size in rows if name.startswith(table)) for table in TABLES}


def _django(data: Path, script: str) -> str:
    environ = os.environ | {"PAGEKEEP_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, check=True, capture_output=True, text=True)
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=1_000_000)
    parser.add_argument("--tagged", type=int, default=200_000, help="so many, the newest, have 5 tags each")
    parser.add_argument("--with-results", type=int, default=0)
    parser.add_argument("--texts", type=int, default=50_000, help="so many, the newest, have a text")
    parser.add_argument("--calls", type=int, default=40, help="of each kind")
    parser.add_argument("--filled", type=Path, help="copy this data directory, which filling.py has made")
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="pagekeep-bench-") as name, Archive(Path(name)) as archive:
        if options.filled:
            shutil.copytree(options.filled, archive.data)
        else:
            fill(archive.data, options)
        archive.command("init")
        rate = put_texts(archive.data, options.texts)
        archive.serve()
        with Client(archive) as client:
            print("| search | p50 ms | p95 ms | hits |\n|---|---|---|---|")
            for call in calls_for(client):
                timed = measure(client, call, options.calls)
                if timed:
                    good = good and (not call.wanted or timed.p95 <= call.wanted)
                    print(f"| {call.name} | {timed.p50:.0f} | {timed.p95:.0f} | {timed.total:,} |", flush=True)
        archive.end(archive.server)
        plain, indexed = add(archive.data, indexed=False), add(archive.data, indexed=True)
        print(f"\n{ADDED:,} URLs are added in {indexed:.1f} s, unindexed in {plain:.1f} s; {rate:.0f} texts a second.")
        for table, size in sizes(archive.data).items():
            print(f"{table}: {size / 1e6:.0f} MB")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
