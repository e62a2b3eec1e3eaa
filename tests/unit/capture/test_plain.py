"""Which URLs are asked for without the browser, and how they are written."""

from typing import cast
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.network.egress import Egress
from pagekeep.capture.plain import Plain, _as_browsers_write
from pagekeep.capture.recording.recorder import Recorder
from pagekeep.capture.values import CaptureRequest


def is_tried(url: str) -> bool:
    request = CaptureRequest(url)
    return Plain(request, Recorder(request), cast(Egress, None), "Browser/1.0").is_tried


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/paper.pdf",
        "https://example.com/a/b/PAPER.PDF?download=1#page=3",
        "http://example.com:8080/wiki/File:Tower.jpg",
        "https://example.com/übersicht.zip",
        "https://example.com/archive.tar.gz",
    ],
)
def test_a_file_by_its_name_is_tried(url: str) -> None:
    assert is_tried(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://example.pdf",
        "https://example.com/page.html",
        "https://example.com/index.php",
        "https://example.com/.pdf",
        "https://example.com/pdf",
        "https://example.com/page?file=a.pdf",
        "https://example.com/page#a.pdf",
        "https://me:secret@example.com/paper.pdf",
        "https://bücher.example/paper.pdf",
        "https://[::1]/paper.pdf",
        "https://0x7f.1/paper.pdf",
        "https://example.com/a/../paper.pdf",
        "https://example.com/a/%2e%2e/paper.pdf",
        "https://example.com\\paper.pdf",
        "https://example.com/a b.pdf",
        "https://example.com:99999/paper.pdf",
        "https://example.com/\ud800/paper.pdf",
    ],
)
def test_anything_else_is_the_browsers(url: str) -> None:
    assert not is_tried(url)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("HTTPS://Example.COM:443", "https://example.com/"),
        ("http://example.com:443/a?b#c", "http://example.com:443/a?b"),
        ("https://example.com/ü?ü", "https://example.com/%C3%BC?%C3%BC"),
        ("https://example.com/100%25", "https://example.com/100%25"),
    ],
)
def test_urls_are_written_as_browsers_do(url: str, written: str) -> None:
    assert _as_browsers_write(url) == written


@given(st.text(max_size=60))
def test_what_is_asked_for_is_one_plain_line(rest: str) -> None:
    written = _as_browsers_write(f"https://example.com{rest}")
    if written is not None:
        assert written.isascii()
        assert written.isprintable()
        assert " " not in written
        assert urlsplit(written).scheme == "https"
        assert _as_browsers_write(written) == written
