"""Lists that are wrong, and lists that were made to do harm: each reader ends, in time, with sentences."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pagekeep.crawl.inputs import FORMATS, PARSERS, Found, item, known_parser, read_inputs, read_text
from pagekeep.crawl.inputs.decode import decode
from pagekeep.crawl.inputs.lists import read_path
from pagekeep.crawl.inputs.telling import refusals_of
from pagekeep.crawl.scope import Scope
from pagekeep.domain.errors import BadInput

SAMPLES = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "samples").iterdir())}
NETSCAPE = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"


def told(text: str, parser: str = "auto") -> list[str]:
    """Return the reasons a list's reader, and after it the check of its URLs, give."""
    found = read_text(text, parser)
    return [refusal.reason for refusal in refusals_of(found, Scope().choose(one.url for one in found.items))]


@pytest.mark.parametrize(
    ("text", "taken", "reasons"),
    [
        (
            "https://example.com/1\n\n# note\nnot a URL\nhttps://example.com/2\nftp://example.com/",
            2,
            ["Line 4: 'not a URL' has no scheme; * 2 of 4 entries were taken.", "Line 6: 'ftp://example.com/' has *"],
        ),
        ("url,title\nhttps://example.com/,A\n,B\nnothing,C\n", 1, ["Line 3: This row *", "Line 4: 'nothing' has no *"]),
        (
            'url,title\nhttps://example.com/,A\n"https://example.org/,B\nhttps://example.net/,C\n',
            1,
            ["This looks like CSV, but it is broken: the quote that opens in line 3 is never closed; * 1 links, *"],
        ),
        ('url,title\nhttps://example.com/,A 5" disk\nhttps://example.org/,"A 5"" disk"', 2, []),
        (
            "<rss><channel>\n<item><link>https://example.com/</link></item>\n<item><link>https://exam",
            1,
            ["This looks like a feed, but it is broken (* line 3, *; what stands before that, 1 links, was taken; *"],
        ),
        (
            "<opml><body>\n<outline htmlUrl='https://example.com/'/>\n<outline type='rss' text='x'/></body></opml>",
            1,
            ["Line 3: This outline names no URL. 1 of 2 entries were taken."],
        ),
        (
            "<urlset><url><loc>https://example.com/</loc></url>\n<url></url><url>",
            1,
            ["Line 2: This entry of the sitemap has no <loc>.", "This looks like a sitemap, but it is broken *"],
        ),
        ("<posts><post href='https://example.com/'/>\n<post description='x'/></posts>", 1, ["Line 2: This post *"]),
        ('[{"url": "https://example.com/"}, {"title": "x"}]', 1, ["Entry 2: This entry of the list has no url; *"]),
        ('{"url": "https://example.com/"}\n{"url": broken}\n', 1, ["Line 2: This line is no valid JSON *"]),
        ('[{"url": "https://example.com/"},\n{"url": ', 1, ["This looks like JSON, but it is not valid *"]),
        (
            NETSCAPE + "<DT><A HREF='https://example.com/'>x</A>\n<DT><A ADD_DATE='1'>y</A>\n<DT><A HREF='https://exa",
            1,
            ["Line 3: This bookmark has no HREF.", "This looks like a bookmark file, but it breaks off inside a tag*"],
        ),
        ("<html><a href='/x'>1</a>\n<a href='y'>2</a></html>", 0, ["Line 1: The page has no <base href>, *2 of them."]),
        ("<html><p>nothing</p></html>", 0, ["This looks like HTML or XML, but *"]),
        ("See [this](https://example.com/)\n\nand [that](docs/that.md).", 1, ["Line 3: This link is relative; *"]),
        ('{"bookmarks": [{"content": null, "title": 5}]}', 0, ["Entry 1: This bookmark (empty) has no url."]),
        ('{"collections": [{"links": [7, {"url": " "}]}]}', 0, ["Link 1: This link *", "Link 2: This link *"]),
        ('{"roots": {"other": {"children": [{"type": "url"}]}}}', 0, ["Bookmark 1: It has no URL."]),
        ('{"roots": {"other": []}}', 0, ["This looks like a browser's bookmarks, but it holds none; *"]),
        ('{"collections": [{"links": "x"}], "bookmarks": {}}', 0, ["This looks like Linkwarden's JSON, but *"]),
        ("sep=;\nhttps://example.com/;x", 0, ["This looks like CSV, but no column *"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, taken: int, reasons: list[str]) -> None:
    found = read_text(text)
    assert sum(one.url.startswith("http") for one in found.items) == taken
    given_reasons = told(text)
    assert len(given_reasons) == len(reasons), given_reasons
    for reason, pattern in zip(given_reasons, reasons, strict=True):
        first, *others = pattern.split("*")
        assert reason.startswith(first), reason
        for part in others:
            assert part in reason[len(first) :], reason
        assert reason.endswith(".")


def test_a_list_of_sixteen_and_one() -> None:
    lines = [f"https://example.com/{number}" for number in range(16)]
    (reason,) = told("\n".join([*lines, "bad"]))
    assert reason.startswith("Line 17: 'bad' has no scheme;")
    assert reason.endswith(" 16 of 17 entries were taken.")
    assert told("\n".join(lines)) == []


def test_urls_that_came_singly_are_told_without_a_place() -> None:
    found = read_inputs(["https://example.com/", "bad"])
    (refusal,) = refusals_of(found, Scope().choose(one.url for one in found.items))
    assert refusal.reason.startswith("'bad' has no scheme")
    assert "entries" not in refusal.reason


def test_what_is_beyond_the_limits_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item, "MAX_ITEMS", 3)
    monkeypatch.setattr(item, "MAX_REFUSED", 2)
    found = read_text("\n".join(json.dumps({"url": f"https://example.com/{n}"}) for n in range(5)) + "\n{}" * 4)
    assert len(found.items) == 3
    assert [reason for _, reason in found.refused[2:]] == [
        "2 further entries of the list could not be read.",
        "The list holds more than 3 links; give the last 2 in a list of their own.",
    ]


def test_unknown_parsers_are_named() -> None:
    assert [known_parser(name) for name in ("", " auto ", "csv")] == ["auto", "auto", "csv"]
    for name in ("rss2", "x" * 500, "Auto", "auto\0"):
        with pytest.raises(BadInput, match="allowed are auto, browser_json, csv"):
            known_parser(name)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfhttps://a/", "https://a/"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9 \x80 \x93x\x94", "café € “x”"),
        (b"\x81 \xe9", "\x81 é"),
        (b'<?xml version="1.0" encoding="koi8-r"?>\xc1', '<?xml version="1.0" encoding="koi8-r"?>а'),
        (b'<meta charset="shift_jis">\x83\x65', '<meta charset="shift_jis">テ'),
        (b'<meta charset="iso-8859-1">\x93', '<meta charset="iso-8859-1">“'),
        (b"charset=unicode_escape \\u0041\xff", "charset=unicode_escape \\u0041ÿ"),
        (b"charset=punycode \xff", "charset=punycode ÿ"),
        (b"charset=no-such-set \xff", "charset=no-such-set ÿ"),
        (b"a\0b\0\0c", "abc"),
        ("\ud83d".encode("utf-16-le", "surrogatepass") + b"\n\0" * 3, "\ufffd\n\n\n"),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_bytes_become_text(data: bytes, text: str) -> None:
    assert decode(data) == text


SIZE = 1_000_000
HOSTILE: dict[str, Callable[[], str]] = {
    "html open tags": lambda: "<html>" + "<a " * (SIZE // 3),
    "html open quotes": lambda: "<html>" + '<a href="' * (SIZE // 9),
    "html mixed quotes": lambda: "<html>" + "<a b=\"'>" * (SIZE // 8),
    "html quotes without =": lambda: "<html>" + '<a "' * (SIZE // 4),
    "html spaces and quotes": lambda: "<html>" + ("<a" + " " * 1000 + '"') * (SIZE // 1003),
    "html comments": lambda: "<html>" + "<!--" * (SIZE // 4),
    "html declarations": lambda: "<html>" + "<!" * (SIZE // 2),
    "html ends": lambda: "<html>" + "</" * (SIZE // 2),
    "html scripts": lambda: "<html>" + "<script>" * (SIZE // 8),
    "html many scripts": lambda: "<html>" + "<script></script" * (SIZE // 16),
    "html links": lambda: "<html>" + "<a href=https://a/>" * (SIZE // 19),
    "html long words": lambda: "<html>" + "<a href=https://a/>" + "x" * SIZE,
    "html base": lambda: "<html><base href=https://a/>" + "<a href=../x>" * (SIZE // 13),
    "html references": lambda: "<html><a href='" + "&amp" * (SIZE // 4) + "'>",
    "xml prolog": lambda: "<?x?>" * (SIZE // 5),
    "xml open prolog": lambda: "<?x" * (SIZE // 3),
    "xml comments": lambda: "<!-- -->" * (SIZE // 8),
    "doctype": lambda: "<!doctype [" + "[" * (SIZE // 2),
    "doctype ends": lambda: "<!doctype [" + "] " * (SIZE // 2),
    "netscape folders": lambda: NETSCAPE + "<h3>x</h3><dl>" * (SIZE // 14) + "<a href=https://a/>b",
    "netscape headings": lambda: NETSCAPE + "<h3>" * (SIZE // 4),
    "opml depth": lambda: "<opml>" + "<outline text='x'>" * (SIZE // 18),
    "opml width": lambda: "<opml>" + "<outline xmlUrl='https://a/'/>" * (SIZE // 30) + "</opml>",
    "sitemap": lambda: "<urlset>" + "<url><loc>https://a/</loc></url>" * (SIZE // 32) + "</urlset>",
    "sitemap long": lambda: "<urlset><url><loc>" + "a" * SIZE + "</loc></url></urlset>",
    "wallabag": lambda: "<result>" + "<entry><url>https://a/</url></entry>" * (SIZE // 37) + "</result>",
    "wallabag tags": lambda: "<result><entry><tags>" + "<entry>x</entry>" * (SIZE // 16),
    "json depth": lambda: '{"a":' * (SIZE // 5),
    "json children": lambda: '{"guid":1,"children":[' * 400 + "]}" * 400,
    "json numbers": lambda: '[{"url":"https://a/","date":1' + "0" * 4000 + "}]",
    "jsonl": lambda: '{"url":"https://a/"}\n' * (SIZE // 21) + "{",
    "csv quotes": lambda: 'url,title\n"' + '""' * (SIZE // 2),
    "csv open quote": lambda: 'url,title\n"' + "a,\n" * (SIZE // 3),
    "csv columns": lambda: "url" + ",title" * (SIZE // 6) + "\nhttps://a/",
    "csv rows": lambda: "url\n" + "https://a/\n" * (SIZE // 11),
    "csv delimiters": lambda: ",;\t|" * (SIZE // 4) + "\nx",
    "csv tags": lambda: "url,tags\nhttps://a/," + "|" * SIZE,
    "csv json tags": lambda: 'url,tags\nhttps://a/,"' + "[" * SIZE + '"',
    "markdown brackets": lambda: "[a](https://b/)\n" + "[" * (SIZE // 2),
    "markdown links": lambda: "[a](https://b/)\n" + "[a](b " * (SIZE // 6),
    "markdown pictures": lambda: "[a](https://b/)\n" + "![" * (SIZE // 20),
    "markdown ticks": lambda: "[a](https://b/)\n" + "".join("`" * n + " " for n in range(1500)),
    "markdown stars": lambda: "[a](https://b/)\n" + "*a **b " * (SIZE // 40),
    "markdown quotes": lambda: "[a](https://b/)\n" + "> " * (SIZE // 2),
    "markdown lists": lambda: "[a](https://b/)\n" + "".join(" " * n + "- a\n" for n in range(2000)),
    "markdown definitions": lambda: "".join(f"[a{n}]: https://b/{n}\n" for n in range(SIZE // 200)),
    "markdown bare": lambda: "[a](https://b/)\n" + "https://a/" + ")" * 200_000,
    "markdown bare many": lambda: "[a](https://b/)\n" + "https://" * (SIZE // 80),
    "markdown html": lambda: "[a](https://b/)\n\nx " + "<a " * (SIZE // 30),
    "markdown entities": lambda: "[a](https://b/)\n" + "&a" * (SIZE // 20),
    "lines": lambda: "# x\n" * (SIZE // 4) + "y",
    "one line": lambda: "https://a/" + "x" * SIZE,
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_lists_take_linear_time(kind: str) -> None:
    text = HOSTILE[kind]()
    began = time.process_time()
    found = read_text(text)
    assert time.process_time() - began < 30  # seconds where quadratic time would be hours
    assert found.items or found.refused
    assert all(reason.endswith(".") and len(reason) < 1000 for _, reason in found.refused)


BOMB = (
    '<!DOCTYPE {0} [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><{0}><x>&j;</x></{0}>"
)


@pytest.mark.parametrize("root", ["rss", "opml", "urlset", "sitemapindex", "posts", "result"])
def test_entities_are_never_expanded(root: str) -> None:
    for text in (BOMB.replace("{0}", root), f'<!DOCTYPE {root} SYSTEM "file:///etc/passwd"><{root}/>'):
        for parser in ("auto", *FORMATS):
            found = read_text(text, parser)
            assert sum(len(one.url) + len(one.title) for one in found.items) <= len(text)
            assert all("root:" not in one.url + one.title for one in found.items)


def well_formed(found: Found) -> bool:
    """Whether what was found may go on into the archive."""
    return all(
        isinstance(one.url, str)
        and (not one.place or one.url == one.url.strip())
        and one.title.isprintable()
        and len(one.title) <= item.MAX_TITLE
        and len(one.tags) <= item.MAX_TAGS
        and all(tag.isprintable() and 0 < len(tag) <= item.MAX_TAG for tag in one.tags)
        and (one.added is None or one.added.tzinfo is not None)
        for one in found.items
    ) and all(reason.endswith(".") and len(text) <= 200 for text, reason in found.refused)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400), parser=st.sampled_from(PARSERS))
@example(data=b"\xff\xfe\0\xd8", parser="auto")
def test_no_bytes_break_a_reader(data: bytes, parser: str) -> None:
    try:
        text = decode(data)
    except BadInput:
        return
    assert well_formed(read_text(text, parser))


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    seed=st.integers(0, 2**32),
    strength=st.integers(1, 40),
    parser=st.sampled_from(PARSERS),
)
def test_no_damaged_sample_breaks_a_reader(name: str, seed: int, strength: int, parser: str) -> None:
    data, chance = bytearray(SAMPLES[name]), random.Random(seed)
    marks = [b"<", b">", b'"', b"'", b"[", b"]", b"{", b"}", b",", b"\n", b"\0", b"&", b"\xff", b"-1e999", b"null"]
    for _ in range(strength):
        place = chance.randrange(len(data) + 1)
        end = min(place + chance.choice([0, 1, 1, 5, 50]), len(data))
        other = SAMPLES[chance.choice(sorted(SAMPLES))]
        start = chance.randrange(len(other))
        data[place:end] = chance.choice([b"", chance.choice(marks), data[place:end] * 2, other[start : start + 30]])
    try:
        text = decode(bytes(data))
    except BadInput:
        return
    for forced in ("auto", parser):
        assert well_formed(read_text(text, forced))


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1, max_size=5),
    head=st.sampled_from(["url,title,tags", "a;url;date", "x\turl", "|url|tags"]),
)
def test_no_table_breaks_its_reader(rows: list[tuple[str, str, str]], head: str) -> None:
    for mark in ",;\t|":
        text = "\n".join([head, *(mark.join(row) for row in rows)])
        assert well_formed(read_text(text))
        assert well_formed(read_text(text, "csv"))


@settings(max_examples=300, deadline=None)
@given(text=st.text("[]()<>!`*_~#&;:/.\\'\" \n-+|htpsx0", max_size=200))
def test_no_markdown_breaks_its_reader(text: str) -> None:
    assert well_formed(read_text(f"[a](https://b/)\n{text}", "markdown"))


def test_devices_and_gone_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="PAGEKEEP_MAX_UPLOAD_SIZE"):
        read_path(Path("/dev/zero"), scratch=tmp_path, limit=1000)
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(BadInput, match="cannot be read"):
            read_path(path, scratch=tmp_path, limit=1000)
