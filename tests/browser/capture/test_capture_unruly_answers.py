"""Answers that break the rules are taken as browsers take them, and the page is given them as they came."""

import io

import pytest
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.values import Limits
from testsite.unruly_routes import PAGE, TYPES

LIMITS = Limits(open=8.0, settle=3.0, output=15.0)
PLUGINS = ("title", "headers", "static", "htmltotext", "warc")


def _responses(visit):
    records = ArchiveIterator(io.BytesIO(visit.path("warc", "data.warc.gz").read_bytes()), check_digests="raise")
    return [
        (record.http_headers, record.content_stream().read())
        for record in records
        if record.rec_type in ("response", "revisit")
    ]


@pytest.mark.parametrize("name", TYPES)
def test_type_is_read_as_browsers_read_it(capture, name):
    visit = capture(f"/unruly/type/{name}", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.text("htmltotext", "htmltotext.txt").strip() == "Shown all the same"
    assert visit.statuses()["static"] == "skipped"


@pytest.mark.parametrize("status", [299, 520, 999])
def test_page_of_a_status_nobody_knows_opens(capture, status):
    visit = capture(f"/unruly/status/{status}", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.response_status == status
    assert visit.outcome.reason == ("" if status < 400 else f"The server answered {status} Its Own Words.")
    assert visit.text("htmltotext", "htmltotext.txt").strip() == "Shown all the same"


def test_page_is_told_status_words_and_length(capture):
    visit = capture("/unruly/asks", plugins=PLUGINS, limits=LIMITS)
    assert visit.text("htmltotext", "htmltotext.txt").split() == ["299", "Its", "Own", "Words", str(2 << 20)]


def test_what_is_neither_inline_nor_attachment_is_a_file(capture):
    visit = capture("/unruly/misspelt-attachment", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.path("static", "saved.html").read_bytes() == PAGE.encode()


def test_redirect_to_nowhere_is_a_page_and_its_body_is_kept(capture):
    visit = capture("/unruly/found-nowhere", plugins=PLUGINS, limits=LIMITS)
    assert visit.text("htmltotext", "htmltotext.txt").strip() == "Shown all the same"
    assert [body for _, body in _responses(visit)] == [PAGE.encode()]


def test_page_found_unchanged_keeps_the_headers_it_is_shown_with(capture):
    visit = capture("/unruly/revalidated", plugins=PLUGINS, limits=LIMITS)
    assert [seen.headers.get("If-None-Match") for seen in visit.requests][:2] == [None, '"v1"']
    for headers, _ in _responses(visit):
        assert headers.get_statuscode() == "200"
        assert headers.get_header("Content-Type") == "text/html; charset=utf-8"
    assert ["Content-Type", "text/html; charset=utf-8"] in visit.json("headers", "headers.json")["headers"]
