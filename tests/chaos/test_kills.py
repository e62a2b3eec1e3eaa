"""Rounds of ``kill -9`` at random instants while pages are added and captured; after each the archive must be whole.

``CHAOS_ROUNDS`` is how many (10), ``CHAOS_SEED`` where chance begins; a failure names its round and what was killed.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.archive import SECONDS, Archive
from pagekeep.storage.layout import DataDir
from processes import wait_until
from testsite.server import TestSite
from whole_archive import leftovers, problems

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "10"))
SEED = os.environ.get("CHAOS_SEED", "1")
KILLS = ("worker", "worker", "worker", "browser", "browser", "renderer", "server", "server", "supervisor")
PAGES = ("/plain", "/article", "/pictures", "/frames", "/many_routes", "/late", "/requests", "/status/404")
WINDOW = 2.5
"""Seconds after the first page is added in which kills come."""
GONE = 10.0
ALL_AT = 25
"""After so many rounds everything is looked at again, not only what the round has made."""


@pytest.fixture
def site() -> Iterator[TestSite]:
    with TestSite() as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path, site: TestSite) -> Iterator[Archive]:
    made = Archive(tmp_path, "127.0.0.1")
    made.prepare(site.url("/echo"))
    made.start()
    yield made
    for victims in made.victims().values():
        for victim in victims:
            _kill(victim)
    wait_until(lambda: not made.family(), GONE, "the end of all processes")


def test_nothing_is_lost_doubled_or_left_behind(archive: Archive, site: TestSite) -> None:
    added, kills = 0, Counter[str]()
    for number in range(ROUNDS):
        chance = random.Random(f"{SEED}-{number}")
        story: list[str] = []
        since = str(archive.ask("SELECT coalesce(max(id), '0') FROM archive_snapshot")[0][0])
        try:
            added += _attack(archive, site, chance, number, story)
            archive.start()
            wait_until(lambda: _all_ended(archive), SECONDS, "the end of every snapshot")
            kills.update(line.partition(" ")[0] for line in story)
            _expect_no_orphans(archive)
            found = list(problems(DataDir(archive.data), ended=True, since="" if number % ALL_AT == 0 else since))
            assert not found, found
            assert _successes(archive) == _succeeded(archive)
        except AssertionError as error:
            told = "; ".join(story)
            raise AssertionError(f"round {number} of seed {SEED} ({told}): {error}\n{_end(archive)}") from error
    counted = dict(archive.ask("SELECT status, count(*) FROM archive_snapshot GROUP BY status"))
    assert sum(counted.values()) >= added  # at least those whose adding was answered
    assert counted["succeeded"] > ROUNDS
    assert archive.stop() == 0
    assert not archive.family()
    archive.run("init")  # any command that opens the archive sweeps what the dead have left
    found = [*problems(DataDir(archive.data), ended=True), *leftovers(DataDir(archive.data))]
    assert not found, found
    assert not [path.name for path in archive.temp.iterdir() if not path.name.startswith("pagekeep-")]
    assert "Traceback" not in archive.log.read_text(errors="replace")
    print(f"{ROUNDS} rounds, {dict(kills)}, {counted}")  # noqa: T201


def _attack(archive: Archive, site: TestSite, chance: random.Random, number: int, story: list[str]) -> int:
    """Add pages in two calls while things are killed; return how many are known to have been added."""
    wait_until(archive.answers, SECONDS, "an answer")
    urls = [site.url(f"{chance.choice(PAGES)}?{number}.{n}") for n in range(chance.randint(2, 5))]
    later = [site.url(f"{chance.choice(PAGES)}?{number}.later")]
    known = len(urls) if archive.add(urls) else 0
    adding = threading.Timer(chance.uniform(0, WINDOW), lambda: archive.add(later))
    adding.start()
    begun = time.monotonic()
    for moment in sorted(chance.uniform(0, WINDOW) for _ in range(chance.randint(1, 3))):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        kind = chance.choice(KILLS)
        victims = archive.victims()[kind]
        if victims:
            story.append(f"{kind} at {time.monotonic() - begun:.2f} s")
            _kill(chance.choice(victims))
            if kind == "supervisor":
                archive.gone()
    adding.join()
    return known


def _expect_no_orphans(archive: Archive) -> None:
    end = time.monotonic() + GONE
    while orphans := archive.orphans():
        assert time.monotonic() < end, f"left behind: {orphans}"
        time.sleep(0.1)


def _kill(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended just now
        os.kill(number, signal.SIGKILL)


def _all_ended(archive: Archive) -> bool:
    waiting = "SELECT count(*) FROM archive_snapshot WHERE status NOT IN ('succeeded', 'failed', 'sealed')"
    return not archive.ask(waiting)[0][0]


def _successes(archive: Archive) -> dict[str, int]:
    """Return how often the database noted that a snapshot succeeded: each note is made with what it tells of."""
    statement = """
        SELECT id, count(*) FROM (
            SELECT replace(json_extract(body, '$.data.id'), '-', '') AS id FROM archive_webhookdelivery
            UNION ALL SELECT object_id AS id FROM archive_webhookevent WHERE type = 'snapshot.succeeded'
        ) GROUP BY id"""
    return dict(archive.ask(statement))


def _succeeded(archive: Archive) -> dict[str, int]:
    return {row[0]: 1 for row in archive.ask("SELECT id FROM archive_snapshot WHERE status = 'succeeded'")}


def _end(archive: Archive) -> str:
    return archive.log.read_text(errors="replace")[-6000:]
