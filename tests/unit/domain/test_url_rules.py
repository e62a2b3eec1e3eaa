"""Which URLs the archive takes, and what it says about the others."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import MAX_URL_LENGTH, domain_of, parse_url, shorten, without_credentials


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "HTTPS://Example.COM/Path?q=a b#part",
        "https://münchen.example/straße/日本?ü=ö",
        "http://user:pass@example.com:8080/",
        "http://[2001:db8::1]:80/x",
        "http://127.0.0.1/{a}|b",
        "https://example.com\\a b|c",
        "https://a<b:c|d@example.com/",
    ],
)
def test_url_is_kept_as_it_was_written(url):
    assert parse_url(url) == url
    assert parse_url(f" \t{url}\n") == url


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("example.com/page", "no scheme"),
        ("//example.com", "no scheme"),
        ("ftp://example.com/", "'ftp'"),
        ("javascript:alert(1)", "'javascript'"),
        ("file:///etc/passwd", "'file'"),
        ("data:text/html,x", "'data'"),
        ("http://", "host"),
        ("http:///path", "host"),
        ("https://:80/", "host"),
        ("https://exa mple.com/", "host name"),
        ("https://<b>example.com/", "host name"),
        ("https://a|b^c/", "host name"),
        ("http://example.com:99999/", "valid"),
        ("http://example.com:port/", "valid"),
        ("http://[::1/", "valid"),
        ("http://exa\nmple.com/", "control"),
        ("http://example.com/\x00", "control"),
        ("http://example.com/" + "a" * MAX_URL_LENGTH, "long"),
    ],
)
def test_other_text_is_refused_in_one_sentence(text, word):
    with pytest.raises(BadInput) as refused:
        parse_url(text)
    said = str(refused.value)
    assert word in said
    assert "\n" not in said
    assert len(said) < 400


@given(st.text(max_size=200))
@example("http://[")
@example("http://a]b/")
@example("http://\u2100.com")
def test_any_text_is_taken_or_refused(text):
    try:
        taken = parse_url(text)
    except BadInput:
        return
    assert taken == text.strip()
    assert domain_of(taken)
    assert parse_url(taken) == taken


@given(st.text(max_size=100))
def test_domain_of_any_text_is_a_lower_case_name_or_nothing(text):
    name = domain_of(text)
    assert name == name.lower()


def test_domain_has_neither_port_nor_user():
    assert domain_of("https://me:pw@WWW.Example.com:8443/x") == "www.example.com"


@given(st.text(max_size=300), st.integers(min_value=3, max_value=200))
def test_shortened_text_keeps_both_ends(text, length):
    short = shorten(text, length)
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        head, _, tail = short.partition("…") if "…" not in text else (short[:1], "", short[-1:])
        assert text.startswith(head)
        assert text.endswith(tail)


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("http://me:secret@example.com/a", "http://example.com/a"),
        ("https://me@example.com:8443?q=x@y#z", "https://example.com:8443?q=x@y#z"),
        ("http:\\\\me:secret@example.com\\a", "http:\\\\example.com\\a"),
        ("http://a@b@example.com/", "http://example.com/"),
        ("http://example.com/@name", "http://example.com/@name"),
        ("http://example.com", "http://example.com"),
    ],
)
def test_user_name_and_password_are_taken_out_of_an_address(url, without):
    assert without_credentials(url) == without
