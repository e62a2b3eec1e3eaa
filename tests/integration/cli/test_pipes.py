"""One command's JSON lines into another: real processes joined by real pipes."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commands import Archive

A, B, C = (f"https://example.com/{name}" for name in "abc")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    made.jsonl("add", A, B, "--index-only", "--tag", "letters")
    made.jsonl("add", C, "--no-wait")
    return made


def pipeline(archive: Archive, text: str) -> "subprocess.CompletedProcess[str]":
    """Run a pipeline in bash; ``pagekeep`` is a process of its own each time. Its exit codes end stderr."""
    program = shlex.join([sys.executable, "-m", "pagekeep.cli.main", "--data-dir", str(archive.root)])
    script = f'{text.replace("pagekeep", program)}; echo "${{PIPESTATUS[@]}}" >&2'
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    command = ["bash", "-c", script]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environ, check=False, stdin=subprocess.DEVNULL
    )


def tags(archive: Archive) -> dict[str, list[str]]:
    return {page["url"]: page["tags"] for page in archive.jsonl("list")}


def states(archive: Archive) -> dict[str, str]:
    return {page["url"]: page["status"] for page in archive.jsonl("list")}


def test_snapshots_that_are_listed_are_tagged_updated_and_removed(archive: Archive) -> None:
    done = pipeline(archive, "pagekeep list --json --tag letters | pagekeep tag add read,kept")
    assert (done.stdout, done.stderr) == ("2 snapshots tagged.\n", "0 0\n")
    assert tags(archive) == {A: ["kept", "letters", "read"], B: ["kept", "letters", "read"], C: []}
    done = pipeline(archive, "pagekeep list --json /a | pagekeep update --json | pagekeep tag remove kept")
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("1 snapshot untagged.\n", "0 0 0")
    assert states(archive)[A] == "queued"
    assert states(archive)[B] == "paused"
    assert tags(archive)[A] == ["letters", "read"]
    done = pipeline(archive, "pagekeep search example --in meta --json | pagekeep remove --yes -")
    assert done.stdout == "3 snapshots removed; the archive holds 0.\n"


def test_crawls_that_are_listed_are_paused_and_a_snapshot_stands_for_its_crawl(archive: Archive) -> None:
    done = pipeline(archive, "pagekeep crawl list --status queued --json | pagekeep crawl pause --json")
    (paused,) = map(json.loads, done.stdout.splitlines())
    assert (paused["type"], paused["urls"], paused["status"]) == ("crawl", C, "paused")
    done = pipeline(archive, "pagekeep list --json | pagekeep crawl seal")
    assert done.stderr == "0 0\n"
    assert {crawl["status"] for crawl in archive.jsonl("crawl", "list")} == {"sealed"}
    assert states(archive) == {A: "sealed", B: "sealed", C: "sealed"}


@pytest.mark.parametrize("command", ["list --limit 0", "list --limit 0 --json", "list --limit 0 --csv url"])
def test_who_reads_only_the_beginning_is_no_error(tmp_path: Path, command: str) -> None:
    archive = Archive(tmp_path / "archive")
    urls = "".join(f"https://example.com/{number:04}/{'x' * 100}\n" for number in range(2000))
    archive.run("add", "--index-only", "--json", "-", stdin=urls)
    done = pipeline(archive, f"pagekeep {command} | head -n 1")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "0 0\n"


def test_nothing_piped_in_is_not_everything(archive: Archive) -> None:
    before = states(archive)
    done = pipeline(archive, "pagekeep search nowhere --json | pagekeep update")
    assert "Standard input named no snapshot" in done.stderr
    done = pipeline(archive, "pagekeep list --json nowhere | pagekeep remove --yes")
    assert done.stderr.splitlines()[-1] == "0 2"
    assert states(archive) == before


def test_bad_lines_are_named_by_their_number_and_nothing_is_changed(archive: Archive) -> None:
    pages = archive.jsonl("list")
    good = json.dumps({"unknown": {"deep": [1]}, "id": pages[0]["id"], "type": "snapshot"})
    lines = [good, "", "# a comment", '{"type": "snapshot"', '{"id": "1"}', '{"type": "token", "id": "1"}', good]
    lines += ['{"type": "snapshot", "id": 7}', '{"type": "refused", "url": "x:"}']
    done = archive.run("tag", "add", "x", "-", stdin="\n".join(lines))
    assert done.returncode == 2
    for said in (
        "Line 4 of standard input is no JSON",
        'Line 5 of standard input has no "type"',
        "Line 6 of",
        "Line 8",
    ):
        assert said in done.stderr
    assert "Line 1 " not in done.stderr
    assert "Line 9" not in done.stderr
    assert "x" not in tags(archive)[pages[0]["url"]]

    good_ones = f"{good}\n{pages[1]['id']}\n{A}\n" + '{"type": "known", "url": "http://a/"}'
    done = archive.run("tag", "add", "x", stdin=good_ones)
    assert done.stdout == "3 snapshots tagged.\n"
    assert "Passed over 1 lines" in done.stderr
    assert archive.run("tag", "add", "x", "0199").returncode == 3


def test_a_removal_that_is_stopped_is_done_by_the_same_command_later(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    urls = "".join(f"https://example.com/{number:04}/{'x' * 200}\n" for number in range(600))
    archive.run("add", "--index-only", "--json", "-", stdin=urls)
    # It says more than a pipe holds: as long as nobody reads on it cannot come to its end.
    remove = [sys.executable, "-m", "pagekeep.cli.main", "--data-dir", str(archive.root), "remove", "--yes", "--json"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    everything = ("--filter-type", "substring", "https://")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    with subprocess.Popen([*remove, *everything], bufsize=0, env=environ, **streams) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    removed = [json.loads(line)["url"] for line in [first, *rest.splitlines()]]
    assert process.returncode == 130
    assert f"Stopped; {600 - len(removed)} snapshots were left." in said.decode()
    left = archive.urls("--limit", "0")
    assert not set(left) & set(removed)
    assert len(left) + len(removed) == 600
    assert len(left) > 0
    done = archive.run("remove", "--yes", *everything)
    assert done.stdout == f"{len(left)} snapshots removed; the archive holds 0.\n"


def test_tags_are_listed_renamed_and_deleted(archive: Archive) -> None:
    (tag,) = archive.jsonl("tag", "list")
    assert (tag["type"], tag["name"], tag["num_snapshots"]) == ("tag", "letters", 2)
    (renamed,) = archive.jsonl("tag", "rename", "LETTERS", "Alphabet")
    assert renamed["id"] == tag["id"]
    assert tags(archive)[A] == ["Alphabet"]
    assert archive.run("tag", "remove", "nothing", A).returncode == 3
    assert archive.run("tag", "delete", "alphabet").stdout == "Alphabet was taken off 2 snapshots and deleted.\n"
    assert archive.jsonl("tag", "list", "a") == []


def test_tokens_and_webhooks_are_named_by_their_records_too(archive: Archive) -> None:
    archive.run("user", "create")
    archive.run("token", "create", "--label", "a")
    archive.run("token", "create", "--label", "b")
    revoked = archive.jsonl("token", "revoke", stdin=archive.run("token", "list", "--json").stdout)
    assert [bool(token["revoked_at"]) for token in revoked] == [True, True]
    archive.jsonl("webhook", "create", "https://example.com/hook")
    records = archive.run("webhook", "list", "--json").stdout
    assert [hook["enabled"] for hook in archive.jsonl("webhook", "disable", "-", stdin=records)] == [False]
    assert archive.run("token", "revoke", stdin=records).returncode == 2


def test_what_would_be_removed_is_shown_as_records(archive: Archive) -> None:
    shown = archive.jsonl("remove", "--tag", "letters", "--dry-run")
    assert {(page["type"], page["url"]) for page in shown} == {("snapshot", A), ("snapshot", B)}
    assert len(archive.urls()) == 3


def test_how_far_a_crawl_goes_is_kept_with_the_words_of_the_api(archive: Archive) -> None:
    options = "--depth 2 --scope host --delay 2.5 --no-robots --sitemaps --allow /docs/ --allow /news/ --deny [.]zip$"
    options += " --max-urls 50 --max-size 1.5G --snapshot-max-size 20M --timeout 2h --page-timeout 30 --label Docs"
    archive.jsonl("add", "https://example.org/docs/", "--no-wait", *options.split(), "--config", "save_pdf=false")
    crawl = archive.jsonl("crawl", "list", "Docs")[0]
    assert crawl["config"] == {
        "CRAWL_SCOPE": "host",
        "CRAWL_DELAY": 2.5,
        "OBEY_ROBOTS": False,
        "SITEMAPS": True,
        "URL_ALLOWLIST": ["/docs/", "/news/"],
        "URL_DENYLIST": ["[.]zip$"],
        "TIMEOUT": 30.0,
        "SAVE_PDF": False,
    }
    limits = ("max_depth", "max_urls", "max_size", "crawl_timeout", "snapshot_max_size")
    assert [crawl[name] for name in limits] == [2, 50, 1.5 * 2**30, 7200, 20 * 2**20]
    beyond = (f"--max-size={'9' * 400}", f"--timeout={'9' * 400}", f"--label={'x' * 256}")
    for bad in ("--max-size=much", "--timeout=soon", "--config=PDF", "--scope=planet", "--delay=-1", *beyond):
        assert archive.run("add", A, "--no-wait", bad).returncode == 2


def test_what_was_added_can_be_followed(archive: Archive) -> None:
    done = pipeline(archive, f"pagekeep add --index-only --json {A} {B} nonsense | pagekeep crawl seal --json")
    sealed = done.stdout
    followed = archive.run("crawl", "follow", stdin=sealed)
    assert (followed.returncode, "0 pages succeeded, 0 failed, 2 cancelled, 1 refused." in followed.stderr) == (1, True)
    several = archive.run("crawl", "list", "--json").stdout
    assert "One crawl can be followed at a time; 3 were named." in archive.run("crawl", "follow", stdin=several).stderr


def test_what_one_add_took_is_what_the_next_takes(archive: Archive) -> None:
    command = f"pagekeep add --only-new --index-only --json {A} nonsense https://example.com/new"
    done = pipeline(archive, f"{command} | pagekeep add --index-only --label again")
    assert done.stderr.splitlines()[-1] == "1 0"
    (crawl,) = archive.jsonl("crawl", "list", "again")
    assert (crawl["urls"], crawl["num_refused"]) == ("https://example.com/new", 0)
