"""Lists packed by gzip or in a ZIP, as they come from services and as nobody should send them."""

import gzip
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.inputs import PARSERS, Found
from pagekeep.crawl.inputs.lists import read_file
from pagekeep.domain.errors import BadInput, TooLarge

LIMIT = 1_000_000
SCRATCH = Path(tempfile.gettempdir())
PART_1 = "title,url,time_added,tags,status\nOne,https://example.com/1,1600000000,a|b,unread\n"
PART_2 = "title,url,time_added,tags,status\nTwo,https://example.com/2,1600000000,,archive\nNone,,1,,unread\n"
NOTES = '[{"url": "https://example.com/1", "title": "One", "highlights": [{"quote": "…", "created_at": 1600000000}]}]'
PAGE = "<html><body><a href='https://elsewhere.example/'>elsewhere</a></body></html>"


def packed(**files: str | bytes) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def read(data: bytes, parser: str = "auto", *, limit: int = LIMIT) -> Found:
    return read_file(BytesIO(data), parser, scratch=SCRATCH, limit=limit)


def urls(found: Found) -> list[str]:
    return [item.url for item in found.items]


def test_the_zip_of_pocket_is_read_as_it_comes() -> None:
    found = read(
        packed(**{"part_000000.csv": PART_1, "part_000001.csv": PART_2, "annotations/part_000000.json": NOTES})
    )
    assert urls(found) == ["https://example.com/1", "https://example.com/2", "https://example.com/1"]
    assert (found.items[0].title, found.items[0].tags) == ("One", ("a", "b"))
    assert [item.place for item in found.items[:2]] == ["part_000000.csv, line 2", "part_000001.csv, line 2"]
    assert found.refused == [("None", "part_000001.csv: Line 3: This row has nothing in its column of URLs.")]


def test_what_lies_beside_lists_is_passed_over() -> None:
    beside = {"content/page.html": PAGE, "notes.md": "[a](https://elsewhere.example/)", "cover.png": b"\x89PNG\r\n"}
    beside |= {"settings.json": '{"theme": "dark"}', "read me.txt": "Export of 2026", "inner.zip": packed(a=PART_1)}
    beside |= {"__MACOSX/._part.csv": PART_1, ".hidden.csv": PART_1}
    found = read(packed(**beside, **{"part.csv": PART_1}))
    assert (urls(found), found.refused, found.items[0].place) == (["https://example.com/1"], [], "Line 2")
    with pytest.raises(BadInput, match="holds no list of links"):
        read(packed(**beside))


def test_of_the_passwords_in_an_export_nothing_is_taken_or_told() -> None:
    passwords = "Title,URL,Username,Password,Notes,OTPAuth\nBank,https://bank.example/login,me,secret,,\n"
    found = read(packed(**{"Bookmarks.csv": PART_1, "Passwords.csv": passwords}))
    assert urls(found) == ["https://example.com/1"]
    assert found.refused == [
        ("a table of passwords", "Passwords.csv: It is no list of links, and nothing of it was taken.")
    ]
    assert read(passwords.encode()).items == []


def test_a_zip_with_one_file_is_that_file() -> None:
    assert urls(read(packed(**{"folder/": "", "folder/page.html": PAGE}))) == ["https://elsewhere.example/"]


def test_a_forced_parser_chooses_among_the_files() -> None:
    data = packed(**{"part.csv": PART_1, "page.html": PAGE})
    assert urls(read(data, "pocket")) == ["https://example.com/1"]
    assert urls(read(data, "html")) == ["https://elsewhere.example/"]
    with pytest.raises(BadInput, match="holds no list of links"):
        read(data, "opml")


def test_a_packed_database_is_read(tmp_path: Path) -> None:
    path = tmp_path / "History"
    with closing(sqlite3.connect(path)) as browser:
        browser.executescript("CREATE TABLE urls (url, title, last_visit_time, hidden); CREATE TABLE visits (id);")
        browser.execute("INSERT INTO urls VALUES ('https://example.com/', 'E', 13244473600000000, 0)")
        browser.commit()
    for data in (gzip.compress(path.read_bytes()), packed(History=path.read_bytes(), other=PAGE)):
        assert urls(read(data)) == ["https://example.com/"]


def test_gzip_is_unpacked() -> None:
    sitemap = b"<urlset><url><loc>https://example.com/1</loc></url></urlset>"
    assert urls(read(gzip.compress(sitemap))) == ["https://example.com/1"]
    for data in (gzip.compress(sitemap)[:-9], gzip.compress(sitemap)[:12], b"\x1f\x8b", b"\x1f\x8bnonsense" * 9):
        with pytest.raises(BadInput, match="packed by gzip and broken"):
            read(data)
    with pytest.raises(BadInput, match="packed by gzip; unpack it"):
        read(gzip.compress(gzip.compress(sitemap)))


def test_what_unpacks_to_too_much_is_refused() -> None:
    much = b"https://example.com/\n" * 100_000
    for data in (gzip.compress(much), packed(one=much), packed(one=much[:600_000], two=much[:600_000])):
        assert len(data) < 20_000
        with pytest.raises(TooLarge, match="PAGEKEEP_MAX_UPLOAD_SIZE"):
            read(data)
    with pytest.raises(TooLarge):
        read(packed(one="https://example.com/"), limit=50)


def test_encrypted_and_broken_zips_are_told() -> None:
    data = packed(**{"part.csv": PART_1})
    encrypted = bytearray(data)
    encrypted[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadInput, match=r"'part.csv' in the ZIP archive is encrypted"):
        read(bytes(encrypted))
    for broken in (data[:-30], data[:20], data.replace(data[60:70], bytes(10))):
        with pytest.raises(BadInput, match="a ZIP archive and broken"):
            read(broken)
    with pytest.raises(BadInput, match="a tar archive"):
        read(b"links.txt".ljust(257, b"\0") + b"ustar\0" + b"00" * 100)


def test_a_name_in_a_zip_cannot_write_to_the_terminal() -> None:
    found = read(packed(**{"\x1b[2J.csv": PART_2, "b.csv": PART_1}))
    assert found.refused[0][1].startswith("\\x1b[2J.csv: Line 3: ")


@given(st.data(), st.sampled_from(PARSERS))
def test_no_damaged_zip_breaks_its_reader(data: st.DataObject, parser: str) -> None:
    pack = data.draw(st.sampled_from([packed(**{"part.csv": PART_1, "b.json": NOTES}), gzip.compress(PART_1.encode())]))
    damaged = bytearray(pack)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(4, len(pack) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadInput, TooLarge):
        read(bytes(damaged), parser)
