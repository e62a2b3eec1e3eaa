"""Files and standard input as lists of links, by commands of their own."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from commands import Archive

SAMPLES = Path(__file__).parents[2] / "unit/crawl/samples"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    made.jsonl("init")
    return made


def test_files_are_read_beside_urls(archive: Archive, tmp_path: Path) -> None:
    utf16 = tmp_path / "links.txt"
    utf16.write_text("https://example.com/größe\n", encoding="utf-16")
    table = SAMPLES / "instapaper-export.csv"
    added = archive.jsonl("add", "--index-only", "https://example.com/a", table, utf16)
    assert [page["url"] for page in added] == [
        "https://example.com/a",
        "https://example.com/first",
        "https://example.com/bread",
        "https://example.com/old",
        "https://example.com/größe",
    ]
    bread = added[2]
    assert (bread["title"], sorted(bread["tags"])) == ("Bread, again", ["Cooking", "food", "slow cooking"])
    assert bread["bookmarked_at"].startswith("2020-09-13T12:26:41")


def test_a_piped_database_is_read_and_a_file_with_its_log(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(sqlite3.connect(path, isolation_level=None)) as browser:
        browser.execute("PRAGMA journal_mode=WAL")
        browser.execute("CREATE TABLE urls (url, title, last_visit_time, hidden)")
        browser.execute("CREATE TABLE visits (id)")
        browser.execute("INSERT INTO urls VALUES ('https://example.com/', 'E', 13244473600000000, 0)")
        (page,) = archive.jsonl("add", "--index-only", path)
    assert (page["url"], page["bookmarked_at"][:19]) == ("https://example.com/", "2020-09-13T12:26:40")
    done = archive.run("add", "--index-only", stdin="SQLite format 3\0")
    assert (done.returncode, "The database cannot be read" in done.stderr) == (2, True)


def test_a_malformed_file_says_the_line_and_what_was_taken(archive: Archive, tmp_path: Path) -> None:
    lines = [f"https://example.com/{number}" for number in range(16)]
    path = tmp_path / "links.txt"
    path.write_text("\n".join([*lines[:9], "not a URL", *lines[9:]]))
    told = archive.jsonl("add", "--index-only", path, code=1)
    (refused,) = [one for one in told if one.get("type") == "refused"]
    assert refused["reason"].startswith("Line 10: 'not a URL' has no scheme")
    assert refused["reason"].endswith("16 of 17 entries were taken.")
    more = archive.jsonl("add", "--index-only", path, "-", code=1, stdin="https://example.org/\nbad\n")
    reasons = [one["reason"] for one in more if one.get("type") == "refused"]
    assert reasons[0].startswith(f"{path}, line 10: ")
    assert reasons[1].startswith("standard input, line 2: ")


def test_a_parser_can_be_forced(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text("https://example.com/,One\nhttps://example.org/,Two\n")
    assert archive.jsonl("add", "--index-only", path)[0]["url"] == "https://example.com/,One"
    forced = archive.jsonl("add", "--index-only", "--parser", "csv", path)
    assert [(page["url"], page["title"]) for page in forced] == [
        ("https://example.com/", "One"),
        ("https://example.org/", "Two"),
    ]
    assert archive.run("add", "--parser", "best", path).returncode == 2


@pytest.mark.parametrize("name", ["no-such-file.html", "."])
def test_what_is_no_file_is_told(archive: Archive, name: str) -> None:
    done = archive.run("add", "--index-only", name)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_too_large_a_file_is_refused(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "links.txt"
    path.write_text("https://example.com/\n" * 100)
    done = archive.run("add", "--index-only", path, MAX_UPLOAD_SIZE="1000")
    assert (done.returncode, "PAGEKEEP_MAX_UPLOAD_SIZE" in done.stderr) == (2, True)


def test_a_bookmark_in_two_folders_has_the_tags_of_both(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.html"
    path.write_text(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
        "<DT><H3>Cooking</H3>\n<DL><p><DT><A HREF='https://example.com/bread' ADD_DATE='1600000000'></A></DL><p>\n"
        "<DT><H3>Later</H3>\n<DL><p><DT><A HREF='https://example.com/bread' ADD_DATE='1500000000'>Bread</A></DL><p>\n"
        "</DL><p>\n"
    )
    (page,) = archive.jsonl("add", "--index-only", path)
    assert (page["title"], sorted(page["tags"])) == ("Bread", ["Cooking", "Later"])
    assert page["bookmarked_at"].startswith("2017-07-14T02:40:00")
