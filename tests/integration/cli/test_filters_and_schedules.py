"""``list``, ``update``, ``remove`` with filters, and ``schedule``, as processes of their own on a real archive."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from commands import Archive

A, B, C = "https://example.com/a", "http://example.com:8080/b", "https://example.org/c"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three paused snapshots; the second has a tag."""
    made = Archive(tmp_path_factory.mktemp("filled") / "archive")
    for url, tag in ((A, ""), (B, "news"), (C, "")):
        assert made.run("add", "--index-only", "--tag", tag, url).returncode == 0
    return made


@pytest.fixture
def archive(filled: Archive, tmp_path: Path) -> Archive:
    """A copy of it, to be changed."""
    return Archive(shutil.copytree(filled.root, tmp_path / "archive"))


def test_list(archive: Archive) -> None:
    assert archive.urls() == [C, B, A]
    assert archive.urls("/a", "ORG") == [C, A]
    assert archive.urls("--filter-type", "regex", "/[ab]$", "--sort", "url") == [B, A]
    assert archive.urls("--filter-type", "domain", "example.com:8080") == [B]
    assert archive.urls("--tag", "news", "--status", "unarchived") == [B]
    assert archive.urls("--after", "2026-01-01", "--before", "2026-01-02") == []
    assert archive.urls("--after", "0", "--limit", "1", "--sort", "bookmarked_at") == [A]
    crawl = list(csv.reader(archive.run("list", "--csv", "crawl_id,url", "/b").stdout.splitlines()))
    assert crawl[0] == ["crawl_id", "url"]
    assert archive.urls("--crawl", crawl[1][0]) == [B]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "--filter-type", "regex", "("), "regular expression"),
        (("list", "--csv", "bogus"), "bogus"),
        (("list", "--csv", "url", "--json"), "exclude"),
        (("list", "--after", "yesterday"), "yesterday"),
        (("list", "--status", "bogus"), "bogus"),
        (("remove", "--limit", "1", "--yes"), "Nothing was named"),
        (("remove", "--status", "indexed", "--yes"), "Nothing was named"),
        (("remove", "--filter-type", "substring", "", "--yes"), "empty"),
        (("remove", "--tag", "news"), "--yes"),
        (("schedule", "add", "file:///etc/passwd"), "file"),
        (("schedule", "add", A, "--every", "sometimes"), "sometimes"),
        (("schedule", "add", A, "--persona", "Nobody"), "no persona 'Nobody'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(filled: Archive, arguments: tuple[str, ...], told: str) -> None:
    done = filled.run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(filled.urls()) == 3


def test_remove_by_filters(archive: Archive) -> None:
    (removed,) = archive.jsonl(
        "remove", "--filter-type", "regex", "/[ab]$", "--sort", "bookmarked_at", "--limit", "1", "--yes"
    )
    assert removed["url"] == A
    assert archive.jsonl("remove", "--tag", "bogus", "--yes") == []
    (removed,) = archive.jsonl("remove", "--tag", "news", "--yes")
    assert removed["url"] == B
    assert archive.urls() == [C]


def test_update(archive: Archive) -> None:
    done = archive.run("update", "example.com", "--dry-run")
    assert done.stdout == "2 snapshots looked at, 2 to be queued.\n"
    assert {page["status"] for page in archive.jsonl("list")} == {"paused"}
    (queued,) = archive.jsonl("update", "example.com", "--limit", "1", "--sort", "bookmarked_at")
    assert [page["id"] for page in archive.jsonl("list", "--status", "queued")] == [queued["id"]]
    done = archive.run("update", "--all")
    assert done.stdout == "3 snapshots looked at, 2 queued.\n"
    assert "Passed over 1 that are queued" in done.stderr
    assert "worker --until-idle" in done.stderr


def test_schedules(archive: Archive) -> None:
    (made,) = archive.jsonl(
        "schedule", "add", A, "--every", "weekly", "--tag", "x,y", "--depth", "1", "--persona", "default"
    )
    assert (made["url"], made["every"], made["time_zone"], made["tags"]) == (A, "week", "UTC", ["x", "y"])
    assert made["persona"] == "Default"
    done = archive.run("schedule", "add", B, "--json", TIME_ZONE="Europe/Berlin")
    assert json.loads(done.stdout)["time_zone"] == "Europe/Berlin"
    assert [found["url"] for found in archive.jsonl("schedule", "list")] == [B, A]

    reference = made["id"]
    assert archive.run("schedule", "pause", reference).stdout == "1 schedule paused.\n"
    assert "paused" in archive.run("schedule", "list").stdout
    (ran,) = archive.jsonl("schedule", "run", reference.replace("-", ""))
    assert (ran["num_runs"], ran["problem"], ran["is_enabled"]) == (1, "", False)
    assert f"crawl follow {ran['last_crawl_id']}" in archive.said
    assert archive.urls("--status", "queued") == [A]
    assert archive.run("schedule", "resume", reference).stdout == "1 schedule resumed.\n"
    assert archive.run("schedule", "remove", reference).stdout == "1 schedule removed.\n"
    assert archive.run("schedule", "remove", reference).returncode == 3
    assert [found["url"] for found in archive.jsonl("schedule", "list")] == [B]


def test_a_schedule_that_cannot_be_run_ends_with_a_code(archive: Archive) -> None:
    archive.jsonl("persona", "create", "reader")
    (made,) = archive.jsonl("schedule", "add", A, "--persona", "reader")
    archive.run("persona", "remove", "reader", "--yes")
    (ran,) = archive.jsonl("schedule", "run", made["id"], code=1)
    assert "no persona 'reader'" in ran["problem"]
    archive.jsonl("schedule", "remove", made["id"])
    assert archive.run("schedule", "list").stderr == "There is no schedule yet.\n"


def test_schedules_are_piped_and_show_their_next_runs(archive: Archive) -> None:
    options = ("--every", "30 2 * * *", "--time-zone", "Europe/Berlin", "--depth", "1", "--scope", "host")
    (made,) = archive.jsonl("schedule", "add", A, *options, "--max-urls", "20", "--label", "Docs")
    assert (made["config"], made["max_urls"], made["label"]) == ({"CRAWL_SCOPE": "host"}, 20, "Docs")
    assert len(made["next_runs"]) == 3
    listed = archive.run("schedule", "list").stdout
    assert listed.count(" 02:30") == 3
    records = archive.run("schedule", "list", "--json").stdout
    (paused,) = archive.jsonl("schedule", "pause", stdin=records)
    assert (paused["id"], paused["is_enabled"], paused["next_runs"]) == (made["id"], False, [])
    assert archive.jsonl("schedule", "resume", "-", stdin=records)[0]["is_enabled"]
    assert archive.jsonl("schedule", "remove", stdin=made["id"]) == [{"type": "removed", "id": made["id"]}]
    assert archive.run("schedule", "run", stdin=records).returncode == 3


def test_a_time_zone_that_does_not_exist_stops_the_start(archive: Archive) -> None:
    done = archive.run("schedule", "list", TIME_ZONE="Mars/Olympus")
    assert done.returncode == 2
    assert "PAGEKEEP_TIME_ZONE" in done.stderr
