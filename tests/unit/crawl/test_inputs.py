"""Lists of links in every format, and texts made to break their readers."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagekeep.crawl.inputs import Found, Item, read_inputs

RSS = """<?xml version="1.0" encoding="iso-8859-1"?>
<rss version="2.0"><channel><title>Channel</title><link>https://channel.example/</link>
<item><title>One &amp; only</title><link>https://example.com/1?a=b&amp;c=d</link><category>News</category>
<category>Tech</category><pubDate>Tue, 10 Jun 2003 04:00:00 GMT</pubDate></item>
<item><title>By its guid</title><guid>https://example.com/2</guid></item>
<item><title>None</title><guid isPermaLink="false">tag:1</guid></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://self.example/"/>
<entry><title>An entry</title><link rel="self" href="https://example.com/self"/><link href="https://example.com/a"/>
<published>2020-01-02T03:04:05+01:00</published><category term="atom"/></entry></feed>"""
RSS_1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="x"><title>T</title><link>https://example.com/r</link>
<dc:date>2019-05-06</dc:date><dc:subject>dublin</dc:subject></item></rdf:RDF>"""
BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8"><TITLE>Bookmarks</TITLE>
<DL><p><DT><H3>Folder</H3><DL><p>
<DT><A HREF="https://example.com/?a=1&amp;b=2" ADD_DATE="1600000000" TAGS="one,two words" ICON="data:,">A &lt; B</A>
<DT><A ADD_DATE='1600000001' HREF='https://example.org/'>https://example.org/</A>
<DT><A NAME="nowhere">no link</A></DL><p></DL>"""
LINES = """# my links
https://example.com/1

  https://example.com/2\t
javascript:alert(1)
"""


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            RSS,
            [
                Item("https://example.com/1?a=b&c=d", "One & only", ("News", "Tech"), moment(2003, 6, 10, 4)),
                Item("https://example.com/2", "By its guid"),
            ],
        ),
        (ATOM, [Item("https://example.com/a", "An entry", ("atom",), moment(2020, 1, 2, 2, 4, 5))]),
        (RSS_1, [Item("https://example.com/r", "T", ("dublin",), moment(2019, 5, 6))]),
        (
            BOOKMARKS,
            [
                Item(
                    "https://example.com/?a=1&b=2",
                    "A < B",
                    ("one", "two words", "Folder"),
                    moment(2020, 9, 13, 12, 26, 40),
                ),
                Item("https://example.org/", "", ("Folder",), moment(2020, 9, 13, 12, 26, 41)),
            ],
        ),
        (LINES, [Item("https://example.com/1"), Item("https://example.com/2"), Item("javascript:alert(1)")]),
        (
            json.dumps([{"url": "https://example.com/", "title": "T", "tags": "a, b", "timestamp": "1600000000.5"}]),
            [Item("https://example.com/", "T", ("a", "b"), moment(2020, 9, 13, 12, 26, 40, 500000))],
        ),
        (
            json.dumps([{"href": "https://example.com/", "description": "D", "tags": "a b", "time": "2021-02-03"}]),
            [Item("https://example.com/", "D", ("a", "b"), moment(2021, 2, 3))],
        ),
        (
            json.dumps({"version": "1", "items": [{"url": "https://example.com/", "tags": [{"name": "n"}, 7]}]}),
            [Item("https://example.com/", "", ("n",))],
        ),
        (
            '["https://example.com/", "https://example.org/"]',
            [Item("https://example.com/"), Item("https://example.org/")],
        ),
        (
            '{"url": "https://example.com/"}\n\n{"link": "https://example.org/", "created": 1600000000000}\n',
            [Item("https://example.com/"), Item("https://example.org/", "", (), moment(2020, 9, 13, 12, 26, 40))],
        ),
    ],
    ids=["rss", "atom", "rss 1.0", "bookmarks", "lines", "json", "pinboard", "json feed", "json strings", "jsonl"],
)
def test_formats_are_known_by_their_content(text: str, items: list[Item]) -> None:
    assert read_inputs([text]).items == items
    assert read_inputs(["\ufeff\n" + text]).items == items


def test_what_cannot_be_used_is_told() -> None:
    assert read_inputs([RSS]).refused == [("None", "Line 6: This entry of the feed has no link.")]
    lines = read_inputs(['{"url": "https://example.com/"}\n{broken\n{"no": "url"}'])
    assert [item.url for item in lines.items] == ["https://example.com/"]
    assert len(lines.refused) == 2
    (cut,) = read_inputs([RSS[: RSS.index("<item><title>By")]]).refused
    assert "broken" in cut[1]
    for text in ("<html><a name='x'>x</a></html>", "[]", "[1]", "{", "<rss></rss>", "<"):
        found = read_inputs([text])
        assert (found.items, len(found.refused)) == ([], 1), text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('[{"url": "https://a.example/"}, {"url": "https://b.example/"}, {"ur', 2),
        ('[{"url": "https://a.example/"} {"url": "https://b.example/"}]', 1),
        ('[{"url": "https://a.example/"}[{"url": "https://b.example/"}]]', 1),
        ("[" * 100_000, 0),
    ],
)
def test_what_stands_before_the_place_where_json_is_broken_is_taken(text: str, number: int) -> None:
    found = read_inputs([text])
    assert len(found.items) == number
    ((_, reason),) = found.refused
    assert "not valid" in reason
    assert ("was taken" in reason) == (number > 0)


def test_entities_of_html_do_not_end_a_feed() -> None:
    title = "<title>A&nbsp;&copy; &amp; &none;</title>"
    rss = f"<rss><channel><item>{title}<link>https://example.com/</link></item></channel></rss>"
    assert read_inputs([rss]) == Found([Item("https://example.com/", "A © & &none;")])


def test_the_own_link_of_an_entry_wins_over_one_of_atom_beside_it() -> None:
    item = '<item><a:link href="https://example.org/feed"/><link>https://example.com/</link></item>'
    rss = f'<rss xmlns:a="http://www.w3.org/2005/Atom"><channel>{item}</channel></rss>'
    assert read_inputs([rss]).items == [Item("https://example.com/")]


@pytest.mark.parametrize(
    "url",
    [
        'https://example.com/[{"url":"https://evil.example/"}]',
        "https://example.com/?x=<rss><item><link>https://evil.example/</link></item></rss>",
        "https://example.com/?q=https://evil.example/ https://evil.example/",
    ],
)
def test_one_url_is_never_read_as_text(url: str) -> None:
    assert read_inputs([f" {url}\n"]) == Found([Item(url)])


@pytest.mark.parametrize("text", ["; curl https://example.com/ | sh", "see https://example.com/", "/etc/passwd", ""])
def test_nothing_is_searched_for_urls(text: str) -> None:
    assert read_inputs([text]).items == [Item(text)]


def test_a_list_of_urls_is_that_whatever_it_holds() -> None:
    assert read_inputs([RSS], "url_list").items[0].url == RSS.split("\n")[0]


@pytest.mark.parametrize(
    "value",
    [
        "1e400",
        "-5",
        "99999999999999999999",
        "nan",
        "inf",
        "never",
        True,
        [1],
        "0001-01-01",
        "9999-12-31T23:59:59-23:00",
    ],
)
def test_impossible_dates_are_left_out(value: object) -> None:
    (item,) = read_inputs([json.dumps([{"url": "https://example.com/", "time": value}])]).items
    assert item.added is None


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><rss><channel><item><link>https://example.com/&j;</link></item></channel></rss>"
)
FILE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><link>https://example.com/&x;</link></item></rss>'
PARAMETER = (
    '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]><rss><item><link>https://a/</link></item></rss>'
)


@pytest.mark.parametrize("text", [BOMB, FILE, PARAMETER, "<rss>" + "<a>" * 200_000])
def test_xml_bombs_are_refused(text: str) -> None:
    found = read_inputs([text])
    assert found.items == []
    assert len(found.refused) == 1


SIZE = 10_000_000
MARK = "<!DOCTYPE NETSCAPE-Bookmark-file-1>"
HOSTILE: dict[str, Callable[[], str]] = {
    "open tags": lambda: MARK + "<a " * (SIZE // 3),
    "one attribute": lambda: MARK + "<a " + "a" * SIZE + ">",
    "open quotes": lambda: MARK + "<a " + 'a="' * (SIZE // 3) + ">",
    "spaces": lambda: MARK + "<a " + " " * SIZE + ">",
    "references": lambda: MARK + "<a href=b>" + "&a" * (SIZE // 2),
    "brackets": lambda: "[" * SIZE,
    "objects": lambda: "[{}" + ",{}" * (SIZE // 3) + "]",
    "digits": lambda: '[{"url":"https://a/","time":' + "9" * SIZE + "}]",
    "elements": lambda: "<rss>" + "<item/>" * (SIZE // 7),
    "attributes": lambda: "<rss " + " ".join(f'a{number}="b"' for number in range(SIZE // 12)) + ">",
    "lines": lambda: "\n" * SIZE + "x\ny",
    "urls": lambda: "http://a\n" * (SIZE // 9),
    "doctype": lambda: "<!doctype" + " " * SIZE,
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_ten_megabytes_of_hostile_text_take_linear_time(kind: str) -> None:
    text = HOSTILE[kind]()
    began = time.process_time()
    read_inputs([text])
    assert time.process_time() - began < 60  # seconds where quadratic time would be hours


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.text("<>!&;\"'=/ \n[]{},:hrefitemrssfeedlinkurl", max_size=300)))
def test_no_text_breaks_a_reader(text: str) -> None:
    for start in ("", "<rss>", "<feed>", MARK, MARK + "<a href=", "[", "{", '{"url":', "[{"):
        found = read_inputs([start + text])
        assert all(isinstance(item, Item) for item in found.items)
        assert all(reason.endswith(".") for _, reason in found.refused)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda some: (
            st.lists(some)
            | st.dictionaries(st.sampled_from(["url", "href", "tags", "title", "time", "items", "x"]), some)
        ),
    )
)
def test_no_json_breaks_a_reader(value: object) -> None:
    for text in (json.dumps(value), json.dumps([value]), json.dumps({"items": value, "url": None})):
        for item in read_inputs([text]).items:
            assert isinstance(item.url, str)
            assert all(isinstance(tag, str) and tag.isprintable() for tag in item.tags)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1))
def test_what_a_feed_says_is_what_is_read(entries: list[tuple[str, str]]) -> None:
    def clean(text: str) -> str:
        return "".join(letter for letter in text if letter.isprintable())

    urls = [f"https://example.com/{number}" for number in range(len(entries))]
    body = "".join(
        f"<item><link>{url}</link><title>{escape(clean(title))}</title><category>{escape(clean(tag))}</category></item>"
        for url, (title, tag) in zip(urls, entries, strict=True)
    )
    items = read_inputs([f"<rss><channel>{body}</channel></rss>"]).items
    assert [item.url for item in items] == urls
    for item, (title, _) in zip(items, entries, strict=True):
        assert item.title == " ".join(clean(title).split())


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        (
            '<title type="html">Tom &amp;amp; &lt;em&gt;Jerry&lt;/em&gt; &amp;#8211; a &amp;lt; b</title>',
            "Tom & Jerry – a < b",
        ),
        ('<title type="html"><![CDATA[<b>Bold</b> &amp; plain]]></title>', "Bold & plain"),
        ('<title type="text">&lt;b&gt; &amp;amp; is text</title>', "<b> &amp; is text"),
    ],
)
def test_titles_in_html_are_read_as_such(title: str, kept: str) -> None:
    assert [item.title for item in read_inputs([ATOM.replace("<title>An entry</title>", title)]).items] == [kept]


def test_links_in_the_description_of_a_bookmark_are_no_bookmarks() -> None:
    text = (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
        '<DT><A HREF="https://example.com/1" ADD_DATE="1600000000">One</A>\n'
        '<DD>As said <a href="https://elsewhere.example/">there</a>.\n'
        '<A HREF="https://example.com/2" ADD_DATE="1600000000">Two</A>\n'
        '<DD>Nothing\n<DT><A HREF="https://example.com/3">Three</A>\n</DL>'
    )
    assert [item.title for item in read_inputs([text]).items] == ["One", "Two", "Three"]
