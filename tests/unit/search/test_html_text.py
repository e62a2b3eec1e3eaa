import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.search.html_text import decode_html, text_of_html


def test_only_what_a_reader_sees_is_left() -> None:
    page = """<!doctype html><title>A &amp; B</title><style>p{}</style><SCRIPT>no()</Script >
    <!-- not this --><p>One<b>word</b> and&nbsp;more<br>line</p><li>1 < 2 <?php no ?><noscript>no</noscript> end"""
    assert text_of_html(page) == "A & B\nOneword and more\nline\n1 < 2\nend"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Größe".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("Größe".encode(), "text/html"),
        (b'<meta charset="windows-1252">' + "Größe".encode("cp1252"), "text/html"),
        ("Größe".encode(), "text/html; charset=no-such-thing"),
    ],
)
def test_the_charset_is_the_one_that_is_named(body: bytes, content_type: str) -> None:
    assert text_of_html(decode_html(body, content_type)) == "Größe"


@given(st.text(alphabet="<>!-/ abscript&;\n\"'="))
def test_nothing_is_too_broken(page: str) -> None:
    text_of_html(page)


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "<a ", "\u3000", "&", "</p>", "<p>\n"])
def test_long_hostile_documents_take_no_longer_than_others(piece: str) -> None:
    started = time.process_time()
    text_of_html(piece * (2_000_000 // len(piece)))
    assert time.process_time() - started < 10
