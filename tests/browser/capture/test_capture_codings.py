"""Answers in every content coding browsers take: the page works, and the WARC has them decoded."""

import io

import pytest
from warcio.archiveiterator import ArchiveIterator

from testsite.file_routes import PAGES

PLUGINS = ("htmltotext", "screenshot", "singlefile", "warc")


@pytest.mark.parametrize("how", ["", "?chunked"])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_coded_page_works_and_is_kept_decoded(capture, site, coding, how):
    url = site.url(f"/coded/{coding}/coded.html{how}")
    visit = capture(url, plugins=PLUGINS)
    assert visit.outcome.succeeded, visit.outcome.reason
    # Written by its script, styled by its sheet: both come in the same coding.
    assert visit.text("htmltotext", "htmltotext.txt") == "the script ran, the style holds: true\n"
    kept = {}
    for file in visit.warcs():
        for record in ArchiveIterator(io.BytesIO(file.read_bytes()), check_digests="raise"):
            if record.rec_type == "response":
                assert record.http_headers.get_header("Content-Encoding") is None
                kept[record.rec_headers.get_header("WARC-Target-URI")] = record.content_stream().read()
    for name in ("coded.html", "coded.js", "coded.css"):
        body = next(body for address, body in kept.items() if f"/coded/{coding}/{name}" in address)
        assert body == (PAGES / name).read_bytes()
    asked = [seen.path.partition("?")[0] for seen in visit.requests if seen.path.startswith("/coded/")]
    assert len(asked) == len(set(asked)) == 3
