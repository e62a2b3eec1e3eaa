"""One file per format as programs and services write it: each is known as what it is, and all of it is read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pagekeep.crawl.inputs import FORMATS, PARSERS, SERVICES, Item, format_of, read_text
from pagekeep.crawl.inputs.decode import decode
from pagekeep.crawl.inputs.source import Source
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url

SAMPLES = Path(__file__).parent / "samples"


def at(second: int, microsecond: int = 0) -> datetime:
    return datetime(2020, 9, 13, 12, 26, 40 + second, microsecond, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2020, 9, number, tzinfo=UTC)


# What each sample is, and what it holds; of a line of text, where that stands.
EXPECTED: dict[str, tuple[str, list[Item]]] = {
    "firefox-bookmarks.html": (
        "netscape",
        [
            Item(
                "https://example.com/recipes?page=2&sort=new",
                'Bread & "butter" — a <recipe>',
                ("food", "slow cooking"),
                at(0),
            ),
            Item("https://example.org/paper.pdf#page=3", "A paper", ("Reading", "Papers"), at(1)),
            Item("https://example.net/", "", ("Reading",)),
            Item("https://example.com/daily", "Daily", (), at(2)),
            Item("place:sort=8&maxResults=10", "Most Visited", (), at(3)),
            Item("javascript:void(document.title='>')", "Bookmarklet", (), at(4)),
        ],
    ),
    "shiori-bookmarks.html": (
        "netscape",
        [
            Item("https://example.com/shelf", "A shelf", ("linux", "self-hosted"), at(0)),
            Item("https://example.org/two", "Zwei – größer", (), datetime(2020, 9, 13, 12, 27, 40, tzinfo=UTC)),
        ],
    ),
    "pocket-export.html": (
        "reading_list",
        [
            Item("https://example.com/long-read", "A long read", ("essay", "to read"), at(0)),
            Item("https://example.com/untitled", "", (), at(1)),
            Item("https://example.org/?utm=1&b=2", "Old & read", ("news",), at(2)),
        ],
    ),
    "pocket-part_000000.csv": (
        "csv",
        [
            Item("https://example.com/long-read", "A long read, in parts", ("essay", "to read"), at(0)),
            Item("https://example.com/untitled", "", (), at(1)),
            Item("https://example.org/", 'He said "no"', ("news",), at(2)),
        ],
    ),
    "pocket-api.json": (
        "pocket_json",
        [Item("https://example.com/grantland?src=app", "The massive story", ("essay", "to read"), at(0))],
    ),
    "instapaper-export.html": (
        "reading_list",
        [Item("https://example.com/a&b", "First"), Item("https://example.com/bread", "Bread", ("Cooking",))],
    ),
    "instapaper-export.csv": (
        "csv",
        [
            Item("https://example.com/first", "First", (), at(0)),
            Item("https://example.com/bread", "Bread, again", ("food", "slow cooking", "Cooking"), at(1)),
            Item("https://example.com/old", "Old", (), at(2)),
        ],
    ),
    "pinboard-export.json": (
        "json",
        [
            Item("https://example.com/pins", "Pins / needles", ("craft", "sewing"), at(0)),
            Item("https://example.org/", "", (), at(1)),
        ],
    ),
    "pinboard-export.xml": (
        "pinboard_xml",
        [
            Item("https://example.com/pins?a=1&b=2", "Pins & needles", ("craft", "sewing"), at(0)),
            Item("https://example.org/", "", (), at(1)),
        ],
    ),
    "wallabag-all.json": (
        "json",
        [
            Item("https://example.com/wall", "A wall & a bag", ("essay", "to read"), at(0)),
            Item("https://example.org/", "", (), at(1)),
        ],
    ),
    "wallabag-all.csv": (
        "csv",
        [
            Item(
                "https://example.com/wall",
                "A wall; a bag",
                ("essay", "to read"),
                datetime(2020, 9, 13, 11, 26, 40, tzinfo=UTC),
            ),
            Item("https://example.org/", "Plain", (), datetime(2020, 9, 14, 1, tzinfo=UTC)),
        ],
    ),
    "wallabag-all.xml": (
        "wallabag_xml",
        [Item("https://example.com/wall?a=1&b=2", "A wall & a bag", ("essay", "to read"), at(0))],
    ),
    "linkwarden-backup.json": (
        "linkwarden",
        [
            Item("https://example.com/warden", "A warden", ("linux", "to read"), at(0)),
            Item("https://example.com/bread", "Bread", ("Cooking",), at(2, 500_000)),
        ],
    ),
    "karakeep-export.json": (
        "karakeep",
        [
            Item("https://example.com/kara", "Kara – keep", ("linux", "to read", "Cooking"), at(0)),
            Item("https://example.org/", "Mine", (), at(2)),
        ],
    ),
    "shiori-api.json": ("json", [Item("https://example.com/shelf", "A shelf", ("linux", "self-hosted"), at(0))]),
    "raindrop-export.csv": (
        "csv",
        [
            Item("https://example.com/rain", "Rain", ("water", "slow rain", "Weather"), at(0)),
            Item("https://example.org/", "Loose", (), at(1)),
        ],
    ),
    "readwise-reader.csv": (
        "csv",
        [
            Item("https://example.com/wise", "A wise read", ("essay", "to read"), at(0)),
            Item("https://example.org/", "Plain", (), at(1, 250_000)),
        ],
    ),
    "spreadsheet.csv": (
        "csv",
        [Item("https://example.com/größe", "Größe", ("a", "b"), day(13)), Item("https://example.org/", "", (), at(1))],
    ),
    "no-header.csv": (
        "csv",
        [
            Item("https://example.com/one", "One, and more", (), day(13)),
            Item("https://example.org/two", "Two", (), day(14)),
        ],
    ),
    "no-header.tsv": (
        "csv",
        [Item("https://example.com/one", "One", (), at(0)), Item("https://example.org/two", "Two", (), at(1))],
    ),
    "subscriptions.opml": (
        "opml",
        [
            Item("https://example.com/", "A & B", ("Weblogs", "Linux", "daily")),
            Item("https://example.org/rss", "Only a feed", ("Weblogs",)),
            Item("https://example.net/page", "A link", (), at(0)),
        ],
    ),
    "sitemap.xml": ("sitemap", [Item("https://example.com/?a=1&b=2"), Item("https://example.com/two")]),
    "sitemap-index.xml": (
        "sitemap",
        [Item("https://example.com/sitemap-posts.xml"), Item("https://example.com/sitemap-pages.xml.gz")],
    ),
    "feed.rss": (
        "feed",
        [
            Item("https://example.com/1", "One & only", ("news",), at(0)),
            Item("https://example.com/2", "By its guid"),
        ],
    ),
    "feed.atom": ("feed", [Item("https://example.com/a", "Tom & Jerry", ("atom",), at(0))]),
    "feed.json": ("json", [Item("https://example.com/1", "One", ("news",), at(0))]),
    "lines.jsonl": (
        "json",
        [Item("https://example.com/1", "One", ("a",), at(0, 500_000)), Item("https://example.org/2")],
    ),
    "firefox-backup.json": (
        "browser_json",
        [
            Item("https://example.org/paper.pdf", "A paper", ("science", "to read", "Reading"), at(0)),
            Item("https://example.com/daily", "Daily", (), at(1)),
        ],
    ),
    "chromium-bookmarks.json": (
        "browser_json",
        [
            Item("https://example.com/bread", "Bread", ("Cooking",), at(0)),
            Item("https://example.org/", "Loose", (), at(1)),
        ],
    ),
    "takeout-history.json": ("json", [Item("https://example.com/visit", "A visit", (), at(0))]),
    "page.html": (
        "html",
        [
            Item("https://example.com/dir/other.html", "Another page"),
            Item("https://example.com/top", "top"),
            Item("https://example.net/x?a=1&b=2"),
            Item("https://example.org/   wrapped", "wrapped"),
            Item("https://example.org/area"),
        ],
    ),
    "fragment.html": ("html", [Item("https://example.com/one", "One"), Item("https://example.org/two", "Two")]),
    "reading.md": (
        "markdown",
        [
            Item("https://example.com/logo"),
            Item("https://example.com/long_read_(part_1)", "A long read"),
            Item("https://example.com/notes", "the notes"),
            Item("https://example.com/short", "Short"),
            Item("https://example.org/auto"),
            Item("https://example.org/bare_one"),
            Item("https://example.org/paren"),
            Item("https://example.com/badge", "badge"),
            Item("https://example.net/escaped"),
        ],
    ),
    "table.md": ("markdown", [Item("https://example.com/one", "one"), Item("https://example.org/two")]),
    "urls.txt": (
        "url_list",
        [
            Item("https://example.com/?q=a,b;c|d"),
            Item("https://example.org/[x](y)"),
            Item("HTTP://EXAMPLE.NET/"),
        ],
    ),
}
REFUSED = {
    "pocket-api.json": ["Entry 2: This entry has no given_url."],
    "wallabag-all.xml": ["Line 16: This entry has no url."],
    "linkwarden-backup.json": ["Link 2: This link has no url; uploaded files have none."],
    "karakeep-export.json": ["Entry 2: This bookmark (text) has no url."],
}
OF_SERVICES = {
    "instapaper-export.csv": "instapaper",
    "instapaper-export.html": "instapaper",
    "pinboard-export.json": "pinboard",
    "pinboard-export.xml": "pinboard",
    "pocket-api.json": "pocket",
    "pocket-export.html": "pocket",
    "pocket-part_000000.csv": "pocket",
    "raindrop-export.csv": "raindrop",
    "shiori-api.json": "shiori",
    "shiori-bookmarks.html": "shiori",
    "wallabag-all.csv": "wallabag",
    "wallabag-all.json": "wallabag",
    "wallabag-all.xml": "wallabag",
}


def text_of(name: str) -> str:
    return decode((SAMPLES / name).read_bytes())


def test_there_is_a_sample_of_every_format_and_service() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == set(EXPECTED)
    assert {name for name, _ in EXPECTED.values()} == set(FORMATS)
    assert set(OF_SERVICES.values()) == set(SERVICES)
    assert set(PARSERS) == {"auto", *FORMATS, *SERVICES}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_each_sample_is_known_as_what_it_is_and_read(name: str) -> None:
    format_name, items = EXPECTED[name]
    assert format_of(Source(text_of(name))) == format_name
    for parser in ("auto", format_name, OF_SERVICES.get(name, "auto")):
        found = read_text(text_of(name), parser)
        assert found.items == items
        assert [reason for _, reason in found.refused] == REFUSED.get(name, [])
        assert all(item.place for item in found.items)


@pytest.mark.parametrize("name", list(EXPECTED))
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1252"])
def test_encodings_and_line_ends_change_nothing(name: str, encoding: str) -> None:
    text = text_of(name).replace("\r\n", "\n")
    if encoding == "windows-1252":
        text = text.encode(encoding, "ignore").decode(encoding).replace("UTF-8", "iso-8859-1")
        text = text.replace("utf-8", "iso-8859-1")
    expected = read_text(text)
    assert expected.items
    data = text.replace("\n", "\r\n").encode(encoding)
    found = read_text(decode(data))
    assert found == expected
    assert [item.place for item in found.items] == [item.place for item in expected.items]


@pytest.mark.parametrize("name", list(EXPECTED))
def test_every_parser_bears_every_sample(name: str) -> None:
    """Forced upon the wrong file a parser may find little, but says so, and never breaks."""
    for parser in PARSERS:
        found = read_text(text_of(name), parser)
        assert found.items or found.refused, parser
        assert all(reason.endswith(".") for _, reason in found.refused), parser


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "urls.txt"])
def test_a_file_that_breaks_off_gives_what_stands_before(name: str) -> None:
    """However a file is cut, nothing is made up but the URL it breaks off in, and a loss in its structure is told."""
    text, whole = text_of(name), {item.url for item in EXPECTED[name][1]}
    for length in range(0, len(text), 7):
        found = read_text(text[:length], EXPECTED[name][0])
        strangers = {item.url for item in found.items if item.url not in whole and _is_url(item.url)}
        assert len(strangers) <= 1, length
        assert found.items or found.refused or not text[:length].strip(), length


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except BadInput:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        ("url\nhttps://example.com/\nhttps://example.org/", "csv"),
        ("My Title|Url\nOne|https://example.com/", "csv"),
        ("https://example.com/,One\nhttps://example.org/,Two", "url_list"),  # a comma is a letter of URLs
        ("1;https://example.com/\n2;https://example.org/", "csv"),
        ("# Links\n\n* https://example.com/", "url_list"),
        ("Read [this](https://example.com/), friend.\nSoon.", "markdown"),
        ("[one]: https://example.com/\n[two]: https://example.org/", "markdown"),
        ("[a link](https://example.com/)", "markdown"),
        ('["url",\n"title"]', "json"),
        ('[["https://example.com/"],["https://example.org/"]]', "json"),
        ("<https://example.com/>\n<https://example.org/>", "markdown"),
        ("<!-- a note -->\n<p>See <a href='https://example.com/'>this</a></p>", "html"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><a href='https://example.com/'/></svg>", "html"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ELEMENT x ANY>]><x:feed xmlns:x="http://www.w3.org/2005/Atom"/>', "feed"),
        ("<html><body>&lt;rss&gt; <rss><item></item></rss></body></html>", "html"),
    ],
)
def test_texts_that_could_be_two_things(text: str, format_name: str) -> None:
    assert format_of(Source(text)) == format_name
