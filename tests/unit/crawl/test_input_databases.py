"""Databases with the tables their programs make; nothing binary is kept among the samples."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagekeep.crawl.inputs import Found, Item, database
from pagekeep.crawl.inputs.lists import read_path
from pagekeep.domain.errors import BadInput, PagekeepError, TooLarge

LIMIT = 10_000_000
T = datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
MICROSECONDS = 1_600_000_000_000_000
FIREFOX = f"""
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host LONGVARCHAR,
  visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL, typed INTEGER DEFAULT 0 NOT NULL,
  frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER, guid TEXT, foreign_count INTEGER DEFAULT 0 NOT NULL,
  url_hash INTEGER DEFAULT 0 NOT NULL, description TEXT, preview_image_url TEXT, site_name TEXT, origin_id INTEGER);
CREATE INDEX moz_places_lastvisitdateindex ON moz_places (last_visit_date);
CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER DEFAULT NULL, parent INTEGER,
  position INTEGER, title LONGVARCHAR, keyword_id INTEGER, folder_type TEXT, dateAdded INTEGER, lastModified INTEGER,
  guid TEXT, syncStatus INTEGER NOT NULL DEFAULT 0, syncChangeCounter INTEGER NOT NULL DEFAULT 1);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER);
INSERT INTO moz_places (id, url, title, visit_count, last_visit_date) VALUES
  (1, 'https://example.com/later', 'Seen later', 2, {MICROSECONDS + 1_000_000}),
  (2, 'https://example.com/first', 'Seen first', 1, {MICROSECONDS}),
  (3, 'https://example.org/kept', 'As the page says', 0, NULL),
  (4, 'about:config', NULL, 1, {MICROSECONDS}), (5, 'file:///etc/passwd', 'no', 1, {MICROSECONDS}),
  (6, 'https://example.net/only-embedded', NULL, 0, NULL);
INSERT INTO moz_bookmarks (id, type, fk, parent, title, dateAdded, guid) VALUES
  (1, 2, NULL, 0, '', 0, 'root________'), (2, 2, NULL, 1, 'menu', 0, 'menu________'),
  (3, 2, NULL, 1, 'tags', 0, 'tags________'), (4, 2, NULL, 2, 'Reading', 0, 'aaaaaaaaaaaa'),
  (5, 1, 3, 4, 'As I say', {MICROSECONDS + 2_000_000}, 'bbbbbbbbbbbb'), (6, 2, NULL, 3, 'science', 0, 'cccccccccccc'),
  (7, 1, 3, 6, NULL, {MICROSECONDS}, 'dddddddddddd');
"""
CHROMIUM = f"""
CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT,url LONGVARCHAR,title LONGVARCHAR,
  visit_count INTEGER DEFAULT 0 NOT NULL,typed_count INTEGER DEFAULT 0 NOT NULL,last_visit_time INTEGER NOT NULL,
  hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits(id INTEGER PRIMARY KEY,url INTEGER NOT NULL,visit_time INTEGER NOT NULL,from_visit INTEGER);
INSERT INTO urls (url, title, last_visit_time, hidden) VALUES
  ('https://example.com/', 'Example', {MICROSECONDS + 11_644_473_600_000_000}, 0),
  ('https://example.com/frame', '', {MICROSECONDS + 11_644_473_600_000_000}, 1),
  ('https://example.org/', '', 0, 0), ('chrome://settings/', 'Settings', 1, 0),
  ('https://example.net/', 'Far away', 9223372036854775807, 0);
"""
SAFARI = """
CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT,url TEXT NOT NULL UNIQUE,domain_expansion TEXT NULL,
  visit_count INTEGER NOT NULL,daily_visit_counts BLOB NOT NULL,weekly_visit_counts BLOB NULL);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT,history_item INTEGER NOT NULL REFERENCES
  history_items(id) ON DELETE CASCADE,visit_time REAL NOT NULL,title TEXT NULL,
  load_successful BOOLEAN NOT NULL DEFAULT 1);
INSERT INTO history_items VALUES (1, 'https://example.com/', 'example', 2, x'', NULL),
  (2, 'http://example.org/', NULL, 1, x'', NULL);
INSERT INTO history_visits (history_item, visit_time, title) VALUES
  (1, 621692800.5, 'New title'), (1, 600000000.0, 'Old title'), (2, 621692799.5, NULL);
"""
SHIORI = """
CREATE TABLE bookmark(id INTEGER PRIMARY KEY AUTOINCREMENT,url TEXT NOT NULL UNIQUE,title TEXT NOT NULL,
  excerpt TEXT NOT NULL DEFAULT "",author TEXT NOT NULL DEFAULT "",public INTEGER NOT NULL DEFAULT 0,
  modified_at TEXT, has_content BOOLEAN DEFAULT FALSE NOT NULL, created_at TEXT);
CREATE TABLE tag(id INTEGER PRIMARY KEY AUTOINCREMENT,name TEXT NOT NULL UNIQUE);
CREATE TABLE bookmark_tag(bookmark_id INTEGER NOT NULL,tag_id INTEGER NOT NULL);
INSERT INTO bookmark (url, title, created_at) VALUES ('https://example.com/', 'A shelf', '2020-09-13 12:26:40');
INSERT INTO tag (name) VALUES ('linux'), ('self-hosted');
INSERT INTO bookmark_tag VALUES (1, 2), (1, 1);
"""
KINDS = {"firefox": FIREFOX, "chromium": CHROMIUM, "safari": SAFARI, "shiori": SHIORI}


def made(folder: Path, script: str, *, is_logged: bool = False) -> Path:
    path = folder / "a database?#%.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        if is_logged:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(script)
    return path


def read(path: Path) -> Found:
    return read_path(path, scratch=path.parent, limit=LIMIT)


@pytest.mark.parametrize(
    ("script", "items"),
    [
        (
            FIREFOX,
            [
                Item("https://example.org/kept", "As I say", ("science", "Reading"), T.replace(second=42)),
                Item("https://example.com/first", "Seen first", (), T),
                Item("https://example.com/later", "Seen later", (), T.replace(second=41)),
            ],
        ),
        (
            CHROMIUM,
            [
                Item("https://example.org/"),
                Item("https://example.com/", "Example", (), T),
                Item("https://example.net/", "Far away"),
            ],
        ),
        (
            SAFARI,
            [
                Item("http://example.org/", "", (), T.replace(second=39, microsecond=500_000)),
                Item("https://example.com/", "New title", (), T.replace(microsecond=500_000)),
            ],
        ),
        (SHIORI, [Item("https://example.com/", "A shelf", ("linux", "self-hosted"), T)]),
    ],
    ids=list(KINDS),
)
@pytest.mark.parametrize("is_logged", [False, True])
def test_what_databases_hold_is_read(tmp_path: Path, script: str, items: list[Item], is_logged: bool) -> None:
    path = made(tmp_path, script, is_logged=is_logged)
    before = path.read_bytes()
    path.chmod(0o400)
    assert read(path) == Found(items)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_running_browsers_last_visits_are_read_and_its_files_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path, CHROMIUM, is_logged=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as browser:
        browser.execute("PRAGMA wal_autocheckpoint=0")
        browser.execute("INSERT INTO urls (url, last_visit_time) VALUES ('https://example.com/just-now', 1)")
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        assert len(before) == 2
        browser.execute("BEGIN IMMEDIATE")
        assert "https://example.com/just-now" in [item.url for item in read(path).items]
        after = {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        assert after == before


def test_titles_of_pages_are_captions_those_of_bookmarks_are_not(tmp_path: Path) -> None:
    items = read(made(tmp_path, FIREFOX)).items
    assert {item.title: item.is_caption for item in items} == {
        "As I say": False,
        "Seen first": True,
        "Seen later": True,
    }


SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'https://a/' || i AS url"
HOSTILE = {
    "another database": "CREATE TABLE notes (url);",
    "no table": "PRAGMA user_version = 1;",
    "views": f"CREATE VIEW urls AS {SLOW}; CREATE VIEW visits AS SELECT 1;",
    "computed columns": """
CREATE TABLE urls(id INTEGER PRIMARY KEY, url TEXT GENERATED ALWAYS AS (hex(zeroblob(9999999))) VIRTUAL, title TEXT,
  last_visit_time INTEGER, hidden INTEGER);
CREATE TABLE visits (x); INSERT INTO urls (title) VALUES ('x'), ('y');
""",
    "virtual tables": "CREATE VIRTUAL TABLE urls USING fts5(url, title, hidden); CREATE TABLE visits (x);",
    "missing columns": "CREATE TABLE urls (address); CREATE TABLE visits (x);",
    "nothing of the web": CHROMIUM.replace("https:", "chrome:"),
    "quoted name": 'CREATE TABLE "urls\n" (url); CREATE TABLE visits (x);',
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_databases_are_refused_with_a_sentence(tmp_path: Path, kind: str) -> None:
    path = made(tmp_path, HOSTILE[kind])
    with pytest.raises(BadInput, match=r"[Dd]atabase.*\.$"):
        read(path)
    assert list(tmp_path.iterdir()) == [path]


def test_reading_has_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "TIME_LIMIT", -1.0)
    many = "".join(
        f"INSERT INTO urls (url, last_visit_time) VALUES ('https://example.com/{n}', {n});" for n in range(20_000)
    )
    path = made(tmp_path, f"{CHROMIUM} BEGIN; {many} COMMIT;")
    with pytest.raises(BadInput, match="took too long"):
        read(path)


def test_values_of_any_type_are_borne(tmp_path: Path) -> None:
    odd = """INSERT INTO urls (url, title, last_visit_time) VALUES (x'68747470733a2f2fff', x'00ff', 'never'),
        ('https://example.com/' || char(0) || 'x', 5, 1e308), ('https://' || char(55296), NULL, -9e99);"""
    found = read(made(tmp_path, CHROMIUM + odd))
    assert all(isinstance(item.url, str) and item.title.isprintable() for item in found.items)
    cyclic = (
        f"{FIREFOX} UPDATE moz_bookmarks SET parent = 4 WHERE id = 4; UPDATE moz_bookmarks SET parent = 3 WHERE id = 3;"
    )
    (tmp_path / "more").mkdir()
    assert len(read(made(tmp_path / "more", cyclic)).items) == 3


def test_too_large_files_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path, CHROMIUM)
    with pytest.raises(TooLarge, match="PAGEKEEP_MAX_UPLOAD_SIZE"):
        read_path(path, scratch=tmp_path, limit=path.stat().st_size - 1)
    path.write_text("https://example.com/\n" * 10)
    with pytest.raises(TooLarge, match="PAGEKEEP_MAX_UPLOAD_SIZE"):
        read_path(path, scratch=tmp_path, limit=100)
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    folder = tmp_path_factory.mktemp("sound")
    data: dict[str, bytes] = {}
    for name, script in KINDS.items():
        (folder / name).mkdir()
        data[name] = made(folder / name, script).read_bytes()
    return data.__getitem__


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    changes=st.lists(st.tuples(st.integers(16, 40_000), st.integers(0, 255)), min_size=1, max_size=60),
    length=st.integers(16, 40_000) | st.none(),
)
def test_damaged_databases_break_nothing(
    sound: Callable[[str], bytes],
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[int, int]],
    length: int | None,
) -> None:
    data = bytearray(sound(kind))
    for place, value in changes:
        data[max(place % len(data), 16)] = value
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "History"
    path.write_bytes(data[:length])
    urls, sentence = [], "."
    try:
        urls = [item.url for item in read(path).items]
    except PagekeepError as error:
        sentence = str(error)
    assert sentence.endswith(".")
    assert all(isinstance(url, str) for url in urls)
    assert list(folder.iterdir()) == [path]
