"""What belongs to the person archiving is in no output, unless asked for."""

import gzip

import pytest

from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.capture.values import Limits

LIMITS = Limits(open=10.0, settle=3.0, scroll=2.0, output=20.0)
BASIC = b"bWU6czNjcmV0"  # me:s3cret


def _everything(visit):
    """Return the bytes of every kept file, unpacked where they are packed."""
    found = b""
    for file in visit.folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            found += gzip.decompress(data) if file.suffix == ".gz" else data
    return found


@pytest.fixture(scope="module")
def address(site):
    return site.url("/private").replace("http://", "http://me:s3cret@")


def test_password_in_the_address_opens_the_page_and_is_not_kept(capture, address):
    visit = capture(address, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.outcome.title == "Members only"
    assert "s3cret" not in visit.outcome.final_url
    kept = _everything(visit)
    assert b"Members only" in kept
    assert b"s3cret" not in kept
    assert BASIC not in kept


def test_password_is_kept_where_asked_for(capture, address):
    visit = capture(address, plugins=("headers", "warc"), limits=LIMITS, secrecy=Secrecy(credentials=True))
    assert visit.json("headers", "headers.json")["url"] == address


def test_wrong_password_shows_the_page_that_asks(capture, address):
    visit = capture(address.replace("s3cret", "wrong"), plugins=("title", "warc"), limits=LIMITS)
    assert "answered 401" in visit.outcome.reason
    assert visit.outcome.title == "Password"


def test_password_is_given_to_nobody_else(capture, site):
    page = site.url("/asks-elsewhere").replace("http://", "http://me:s3cret@")
    visit = capture(page, plugins=("title", "warc"), limits=LIMITS)
    (asked,) = [seen for seen in visit.requests if seen.path == "/private/elsewhere"]
    assert asked.port == site.other_port
    assert "Authorization" not in asked.headers


def test_cookies_are_kept_and_can_be_left_out(capture):
    plugins = ("headers", "warc")
    assert b"a=1" in _everything(capture("/repeated-headers", plugins=plugins, limits=LIMITS))
    left_out = capture("/repeated-headers", plugins=plugins, limits=LIMITS, secrecy=Secrecy(cookies=False))
    assert b"a=1" not in _everything(left_out)
    assert b"a=redacted; Path=/" in _everything(left_out)
