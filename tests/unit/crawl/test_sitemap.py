import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.sitemap import MAX_BYTES, MAX_URLS, read_sitemap

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
PAGES = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://example.com/?a=1&amp;b=2 </loc><lastmod>2026-11-01</lastmod>
    <image:image><image:loc>https://example.com/a.jpg</image:loc></image:image></url>
  <url><loc>https://example.com/b</loc></url><url><loc>https://example.com/b</loc></url>
  <url><priority>1</priority></url>
</urlset>"""
FOUND = ["https://example.com/?a=1&b=2", "https://example.com/b"]


@pytest.mark.parametrize(
    "data",
    [
        PAGES.encode(),
        b"\xef\xbb\xbf\n" + PAGES.partition("\n")[2].encode(),
        PAGES.replace("UTF-8", "UTF-16").encode("utf-16"),
        PAGES.replace(f" {NS}", "").encode(),
        gzip.compress(PAGES.encode()),
        "\n".join(["# a comment", *FOUND, *FOUND, "ftp://example.com/"]).encode("utf-8-sig"),
    ],
)
def test_pages_are_read_in_every_form(data: bytes) -> None:
    sitemap = read_sitemap(data)
    assert (list(sitemap.pages), list(sitemap.sitemaps), sitemap.complaint) == (FOUND, [], "")


def test_an_index_names_further_sitemaps() -> None:
    sitemap = read_sitemap(
        f"<sitemapindex {NS}><sitemap><loc>https://example.com/1.xml.gz</loc></sitemap></sitemapindex>".encode()
    )
    assert (list(sitemap.pages), list(sitemap.sitemaps)) == ([], ["https://example.com/1.xml.gz"])


@pytest.mark.parametrize(
    "feed",
    [
        "<rss><channel><link>https://example.com/</link><item><title>x</title><link>https://example.com/a</link>"
        "<enclosure url='https://example.com/a.mp3'/></item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><link href='https://example.com/'/><entry>"
        "<link rel='self' href='https://example.com/x'/><link href='https://example.com/a'/></entry></feed>",
    ],
)
def test_feeds_are_sitemaps_too(feed: str) -> None:
    assert list(read_sitemap(feed.encode()).pages) == ["https://example.com/a"]


def test_what_came_before_the_broken_place_counts() -> None:
    sitemap = read_sitemap(PAGES.encode()[:-20])
    assert list(sitemap.pages) == FOUND
    assert "broken" in sitemap.complaint
    cut = gzip.compress(PAGES.encode())[:-9]
    assert "too early" in read_sitemap(cut).complaint


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no URL"),
        (b"<html><body>Not found</body></html>", "neither a sitemap nor a feed"),
        (b"<!DOCTYPE urlset [<!ENTITY a 'aaaa'>]><urlset><url><loc>&a;</loc></url></urlset>", "entities"),
        (b"<urlset>" + b"<a>" * 200, "deep"),
        (b"\x1f\x8bnothing", "gzip"),
        (b"<?xml version='1.0' encoding='x-nobody'?><urlset/>", "broken"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, complaint: str) -> None:
    sitemap = read_sitemap(data)
    assert not sitemap.pages
    assert complaint in sitemap.complaint


def test_no_more_than_the_protocol_allows_is_taken() -> None:
    lines = "".join(f"https://example.com/{number}\n" for number in range(MAX_URLS + 1))
    sitemap = read_sitemap(lines.encode())
    assert len(sitemap.pages) == MAX_URLS
    assert str(MAX_URLS) in sitemap.complaint


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * (3 * MAX_BYTES), 1)
    tracemalloc.start()
    sitemap = read_sitemap(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than 50 MiB" in sitemap.complaint
    assert peak < 3 * MAX_BYTES


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda data: b"<urlset>" + data))
def test_nothing_makes_it_fail(data: bytes) -> None:
    sitemap = read_sitemap(data)
    assert sitemap.pages or sitemap.sitemaps or sitemap.complaint
