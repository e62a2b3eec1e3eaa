"""Fill an archive with records as if it had been used for years: snapshots, crawls, tags and results, but no files.

    python benchmarks/filling.py DATA_DIR [--snapshots 1000000] [--tagged 200000] [--with-results 20000]

The newest ``--tagged`` have 5 tags each, the newest ``--with-results`` 15 results each. Domains, tags and crawls are of
uneven size, as they are in life: a few have most of the snapshots. The same arguments make the same archive.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from pagekeep.domain.plugins import PLUGINS

BATCH = 20_000
YEARS = timedelta(days=5 * 365)
BEGIN = datetime(2021, 1, 1, tzinfo=UTC)
# Queued ones are due after any run of a benchmark: their hosts do not exist.
FAR = datetime(2096, 1, 1, tzinfo=UTC)
DOMAINS, TAGS = 20_000, 2_000
TAGS_EACH, RESULTS_EACH = 5, 15
PLUGIN_NAMES = list(PLUGINS)[:RESULTS_EACH]
STATUSES = {"succeeded": 880, "failed": 80, "sealed": 20, "paused": 15, "queued": 5}
_TEXT = """
about after again album archive article atlas autumn basic bridge browser budget camera castle change chapter city
climate cloud coast code colour compare concert cooking council country course culture data design detail device early
earth easy edition energy engine essay example family farm festival field film final first forest format free future
game garden general glass green guide harbour history home hotel house idea index island journey kitchen language
latest letter library light local machine manual market measure memory method modern monthly morning mountain museum
music network news night notes number ocean open orchestra order paper parliament party people photo place planet
policy press price project quick radio railway reader recipe record region report review river road room school
science season secret series shop short simple small source space spring station story street study summer system
table team theatre theory time tool town trade travel tree trial update village voice water weather week west window
winter women wood word work world writer year young
"""
WORDS = _TEXT.split()


class Filling:
    """The records of one archive, made in order of time."""

    def __init__(self, snapshots: int, tagged: int, with_results: int) -> None:
        self.random = random.Random(snapshots)
        self.snapshots, self.tagged, self.with_results = snapshots, tagged, with_results
        self._domains = _Uneven(self.random, [f"{self._words(1)}-{number}.example.org" for number in range(DOMAINS)])
        self._tags = _Uneven(self.random, range(1, TAGS + 1))

    def tags(self, user_id: int) -> Iterator[dict[str, Any]]:
        for number in range(1, TAGS + 1):
            name = WORDS[number - 1] if number <= len(WORDS) else f"{WORDS[number % len(WORDS)]} {number}"
            yield {
                "id": number,
                "name": name.title(),
                "key": name,
                "slug": name.replace(" ", "-"),
                "created_at": BEGIN,
                "modified_at": BEGIN,
                "created_by_id": user_id,
            }

    def pages(self, users: list[int]) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any]]]:
        """Yield each snapshot, with its crawl where it is the first of one."""
        crawl: dict[str, Any] = {}
        left = 0
        step = YEARS / self.snapshots
        for number in range(self.snapshots):
            moment = BEGIN + step * number + timedelta(microseconds=number % 997)
            new = None
            if not left:
                left = min(int(self.random.paretovariate(0.9)), 50_000)
                user = users[0] if self.random.random() < 0.95 else users[1]
                new = crawl = self._crawl(moment, user)
            left -= 1
            yield new, self._snapshot(number, moment, crawl["id"])

    def links(self, number: int, snapshot_id: UUID) -> Iterator[dict[str, Any]]:
        """Yield the tags of the snapshot ``number``."""
        if number >= self.snapshots - self.tagged:
            chosen: set[int] = set()
            while len(chosen) < TAGS_EACH:
                chosen.add(self._tags.one())
            for tag_id in chosen:
                yield {"snapshot_id": snapshot_id, "tag_id": tag_id}

    def results(self, number: int, snapshot: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the results of the snapshot ``number``."""
        if number < self.snapshots - self.with_results:
            return
        for position, plugin in enumerate(PLUGIN_NAMES):
            at = snapshot["created_at"] + timedelta(milliseconds=150 * position)
            size = self.random.randrange(200, 400_000)
            sha256 = f"{self.random.getrandbits(256):064x}"
            name = f"{plugin}.html"
            yield {
                "id": _id(self.random, at),
                "snapshot_id": snapshot["id"],
                "created_at": at,
                "modified_at": at,
                "plugin": plugin,
                "position": position,
                "status": "succeeded" if self.random.random() < 0.9 else "noresults",
                "start_ts": at,
                "end_ts": at,
                "output_str": f"{name}, {size} bytes",
                "output_json": {"pages": position, "title": snapshot["title"]} if position % 3 == 0 else None,
                "output_files": {name: {"size": size, "mimetype": "text/html", "extension": "html", "sha256": sha256}},
                "output_size": size,
                "output_mimetypes": "text/html",
            }

    def _crawl(self, moment: datetime, user: int) -> dict[str, Any]:
        return {
            "id": _id(self.random, moment),
            "created_at": moment,
            "modified_at": moment,
            "created_by_id": user,
            "urls": "https://example.org/",
            "label": self._words(2),
            "status": "sealed",
        }

    def _snapshot(self, number: int, moment: datetime, crawl_id: UUID) -> dict[str, Any]:
        (status,) = self.random.choices(list(STATUSES), list(STATUSES.values()))
        ended = moment + timedelta(seconds=self.random.expovariate(0.05))
        domain, title = self._domains.one(), self._words(self.random.randrange(3, 10)).capitalize()
        kept, has_results = status == "succeeded", number >= self.snapshots - self.with_results
        return {
            "id": _id(self.random, moment),
            "crawl_id": crawl_id,
            "created_at": moment,
            "modified_at": ended,
            "bookmarked_at": moment,
            "downloaded_at": ended if kept else None,
            "timestamp": f"{(moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds():.6f}",
            "url": f"https://{domain}/{title.lower().replace(' ', '-')}/{number}",
            "domain": domain,
            "status": status,
            "reason": "The server answered 404 Not Found." if status == "failed" else "",
            "response_status": {"succeeded": 200, "failed": 404}.get(status),
            "final_url": f"https://{domain}/{number}" if kept else "",
            "title": title if kept else "",
            "retry_at": FAR if status == "queued" else None,
            "num_results": RESULTS_EACH if has_results else 0,
            "output_size": self.random.randrange(20_000, 4_000_000) if kept else 0,
        }

    def _words(self, number: int) -> str:
        return " ".join(self.random.choices(WORDS, k=number))


class _Uneven:
    """Picks values, the first ones most often (Zipf)."""

    def __init__(self, source: random.Random, values: Iterable[Any]) -> None:
        self._random, self._values = source, list(values)
        self._weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(self._values))))
        self._ready: list[Any] = []

    def one(self) -> Any:
        if not self._ready:
            self._ready = self._random.choices(self._values, cum_weights=self._weights, k=BATCH)
        return self._ready.pop()


def _id(source: random.Random, moment: datetime) -> UUID:
    """Return a UUIDv7 of this moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | source.getrandbits(12) << 64 | 0b10 << 62 | source.getrandbits(62))


class Table:
    """Takes rows of a model and writes them in large batches. Columns that a row does not name get their defaults."""

    def __init__(self, model: Any) -> None:
        fields = [field for field in model._meta.concrete_fields if not getattr(field, "db_returning", False)]
        self._columns = {field.column: field.attname for field in fields}
        self._defaults = {field.attname: field.get_default() for field in fields if field.name != "id"}
        names = ", ".join(f'"{column}"' for column in self._columns)
        marks = ", ".join("?" for _ in self._columns)
        self._statement = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'
        self._rows: list[tuple[Any, ...]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        whole = self._defaults | row
        self._rows.append(tuple(_as_kept(whole[name]) for name in self._columns.values()))

    def write(self) -> None:
        # Past Django's cursor, which would note and convert every row.
        connection.connection.executemany(self._statement, self._rows)
        self._rows.clear()


def _as_kept(value: Any) -> Any:
    """Return a value as Django keeps it in SQLite."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return json.dumps(value) if isinstance(value, dict | list) else value


def fill(snapshots: int, tagged: int, with_results: int) -> None:
    """Fill the archive of this process's settings, which must have been prepared and be empty."""
    links = apps.get_model("archive", "Snapshot").tags.through
    names = ("Crawl", "Tag", "Snapshot", "ArchiveResult")
    filling = Filling(snapshots, tagged, with_results)
    users = [get_user_model().objects.get_or_create(username=name)[0].pk for name in ("reader", "visitor")]
    tables = {name: Table(apps.get_model("archive", name)) for name in names} | {"links": Table(links)}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    for tag in filling.tags(users[0]):
        tables["Tag"].add(tag)
    pages = enumerate(filling.pages(users))
    while batch := list(itertools.islice(pages, BATCH)):
        for number, (crawl, snapshot) in batch:
            if crawl:
                tables["Crawl"].add(crawl)
            tables["Snapshot"].add(snapshot)
            for link in filling.links(number, snapshot["id"]):
                tables["links"].add(link)
            for result in filling.results(number, snapshot):
                tables["ArchiveResult"].add(result)
        with transaction.atomic():
            for table in tables.values():
                table.write()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--snapshots", type=int, default=1_000_000)
    parser.add_argument("--tagged", type=int, default=200_000)
    parser.add_argument("--with-results", type=int, default=20_000)
    options = parser.parse_args()
    os.environ["PAGEKEEP_DATA_DIR"] = str(options.data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "pagekeep.project.settings"
    subprocess.run([sys.executable, "-m", "pagekeep.cli.main", "init"], check=True)
    django.setup()
    started = time.monotonic()
    fill(options.snapshots, options.tagged, options.with_results)
    print(f"{options.snapshots} snapshots in {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
