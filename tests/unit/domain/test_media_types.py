import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.errors import BadInput
from pagekeep.domain.media_types import media_type_of


@pytest.mark.parametrize(
    ("said", "path", "kept"),
    [
        ("text/html; charset=utf-8", "a", "text/html; charset=utf-8"),
        (" image/svg+xml ", "a.html", "image/svg+xml"),
        ('multipart/related; type="text/html"', "page.mhtml", 'multipart/related; type="text/html"'),
        ("", "deep/page.html", "text/html"),
        ("  ", "noidea", "application/octet-stream"),
    ],
)
def test_what_is_said_counts_then_the_name(said: str, path: str, kept: str) -> None:
    assert media_type_of(said, path) == kept


@pytest.mark.parametrize(
    "said", ["html", "text/", "/html", "text/html\r\nSet-Cookie: a=b", "text/html;",
             "multipart/x-mixed-replace;boundary=x", "Multipart/Mixed",
             "text/" + "x" * 200, "text/hätml", "text/html, text/plain"],
)  # fmt: skip
def test_what_is_none_is_refused(said: str) -> None:
    with pytest.raises(BadInput):
        media_type_of(said, "a.html")


@given(st.text(max_size=60))
def test_it_always_fits_in_a_header(said: str) -> None:
    try:
        kept = media_type_of(said, "a")
    except BadInput:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert "/" in kept
