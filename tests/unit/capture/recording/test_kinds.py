"""Pages and files are told apart as browsers do it."""

from datetime import UTC, datetime

import pytest

from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange
from pagekeep.capture.recording.kinds import is_file, looks_like_page


def _response(**headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange("http://e.com/", "GET", (), b"", 200, "OK", pairs, Body(), "Document", datetime.now(UTC))


@pytest.mark.parametrize(
    ("headers", "file"),
    [
        ({"Content_Type": "text/html; charset=utf-8"}, False),
        ({"content_type": "Application/XHTML+xml"}, False),
        ({"Content_Type": "text/html", "Content_Disposition": "Attachment; filename=x.html"}, True),
        ({"Content_Type": "text/html", "Content_Disposition": "inline"}, False),
        ({"Content_Type": "application/pdf"}, True),
        ({"Content_Type": "text/plain"}, True),
        ({"Content_Type": "image/svg+xml"}, True),
        ({}, None),
        ({"Content_Type": "unknown/unknown"}, None),
    ],
)
def test_header_tells_a_file_from_a_page(headers, file):
    assert is_file(_response(**headers)) is file


@pytest.mark.parametrize(
    "start", [b"", b"  \r\n<!DOCTYPE HTML>", b"<html>", b"<!-- x", b"\t<P ", b"<br>", b"\xef\xbb\xbf<html>"]
)
def test_untyped_page_is_recognised(start):
    assert looks_like_page(start)


@pytest.mark.parametrize("start", [b"%PDF-1.4", b"\x89PNG", b"plain text", b"<pre>", b"<?xml version='1.0'?>", b"{"])
def test_untyped_file_is_recognised(start):
    assert not looks_like_page(start)
