"""What belongs to the person archiving is not kept, unless asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.recording.hidden import hidden_values
from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.identity import Identity
from pagekeep.domain.site_storage import SiteStorage

SENT = (
    ("Authorization", "Basic c2VjcmV0"),
    ("proxy-authorization", "x"),
    ("Cookie", "a=1; session=s3cret"),
    ("Accept", "*/*"),
)


def test_authorization_is_left_out_by_default_and_cookies_are_kept():
    assert Secrecy().headers(SENT) == SENT[2:]


def test_all_is_kept_where_asked_for():
    assert Secrecy(credentials=True).headers(SENT) == SENT


def test_cookies_keep_their_names_and_attributes_alone():
    received = (("Set-Cookie", "id=s3cret; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT; HttpOnly\nsecond=2"),)
    assert Secrecy(cookies=False).headers(SENT[2:3]) == (("Cookie", "a=redacted; session=redacted"),)
    assert Secrecy(cookies=False).headers(received) == (
        ("Set-Cookie", "id=redacted; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT; HttpOnly"),
        ("Set-Cookie", "second=redacted"),
    )


def test_cookies_without_a_name_are_all_value():
    sent = (("Cookie", "s3cret; b=s3cret"), ("Set-Cookie", "s3cret; Path=/"), ("Set-Cookie", "=s3cret"))
    assert Secrecy(cookies=False).headers(sent) == (
        ("Cookie", "redacted; b=redacted"),
        ("Set-Cookie", "redacted; Path=/"),
        ("Set-Cookie", "=redacted"),
    )


@given(
    st.text(st.characters(exclude_characters="=;\n"), min_size=1),
    st.text(st.characters(exclude_characters=";\n="), min_size=9),
)
def test_no_value_of_a_cookie_survives(name, value):
    ((_, kept),) = Secrecy(cookies=False).headers([("cookie", f"{name}={value}")])
    assert kept == f"{name}=redacted"


@pytest.mark.parametrize("url", ["http://me:secret@example.com/x@y", "https://secret@example.com/x@y"])
def test_credentials_of_an_address_are_left_out(url):
    assert "secret" not in Secrecy().url(url)
    assert Secrecy().url(url).endswith("example.com/x@y")
    assert Secrecy(credentials=True).url(url) == url


LOGGED_IN = Identity(
    cookies=(Cookie("session", "s3cret/value=", "example.com"), Cookie("theme", "dark", "example.com")),
    storage=(SiteStorage("https://example.com", {"token": "stored-s3cret"}),),
)


def test_secrets_of_an_identity_are_in_no_header():
    secrecy = Secrecy().of(LOGGED_IN)
    sent = (("Cookie", "session=s3cret/value=; new=else"), ("X-Token", "a s3cret/value= b"), ("Host", "stored-s3cret"))
    assert secrecy.headers(sent) == (
        ("Cookie", "session=redacted; new=redacted"),
        ("X-Token", "a redacted b"),
        ("Host", "stored-s3cret"),
    )
    assert secrecy.headers((("X-Theme", "dark"),)) == (("X-Theme", "dark"),)  # too short to be a secret


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/?t=s3cret%2Fvalue%3D&x=1", "https://a.example/?t=redacted&x=1"),
        ("https://a.example/p#stored-s3cret", "https://a.example/p#redacted"),
        ("https://a.example/stored-s3cret", "https://a.example/stored-s3cret"),
    ],
)
def test_secrets_of_an_identity_are_in_no_query(url, kept):
    assert Secrecy().of(LOGGED_IN).url(url) == kept
    assert Secrecy().url(url) == url


def test_secrets_of_an_identity_are_kept_where_asked_for():
    assert Secrecy(credentials=True).of(LOGGED_IN) == Secrecy(credentials=True)


def test_an_identity_without_secrets_changes_nothing():
    assert Secrecy().of(Identity(user_agent="Robot", owner="x")) == Secrecy()


def test_a_request_cannot_forget_the_secrets_of_its_identity():
    assert not CaptureRequest("https://example.com/", identity=LOGGED_IN).secrecy.cookies


@given(st.lists(st.text(min_size=8, max_size=12)), st.text(), st.text())
def test_no_hidden_value_is_left(values, before, after):
    hidden = hidden_values(values)
    for value in values:
        found = hidden.text(f"{before}{value}{after}")
        assert value not in found.replace("redacted", "|") or value in f"{before}|{after}"
    assert hidden.text("") == ""


@given(st.binary(), st.text(min_size=8))
def test_hiding_in_bytes_leaves_the_rest(data, value):
    hidden = hidden_values([value])
    if hidden.data(data) != data:
        assert b"redacted" in hidden.data(data)
