"""What belongs to the person archiving is not kept, unless asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.recording.secrecy import Secrecy

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
