"""URLs that look like a file's: files come without the browser, pages reach it without being asked for twice."""

import io

import pytest
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.page import Page
from pagekeep.capture.values import Limits
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.identity import Identity
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from testsite.file_routes import PDF

LIMITS = Limits(open=10.0, settle=2.0, scroll=2.0, output=30.0)
PLUGINS = ("title", "headers", "redirects", "static", "dom", "har", "warc", "wacz", "hashes")
PICTURE = "/image/00ff00-9x9.png"


@pytest.fixture
def opened(monkeypatch):
    """How many pages were opened."""
    count = []
    whole = Page.open.__func__

    async def counting(cls, *arguments):
        count.append(arguments)
        return await whole(cls, *arguments)

    monkeypatch.setattr(Page, "open", classmethod(counting))
    return count


def _asked(visit):
    return [request.path for request in visit.requests]


def _responses(visit):
    data = visit.path("warc", "data.warc.gz").read_bytes()
    records = ArchiveIterator(io.BytesIO(data), check_digests="raise")
    return [
        (record.rec_headers.get_header("WARC-Target-URI"), record.http_headers.get_statuscode())
        for record in records
        if record.rec_type == "response"
    ]


def test_file_comes_without_the_browser(capture, opened, site):
    visit = capture("/seeming/paper.pdf", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (opened, _asked(visit), visit.requests[0].method) == ([], ["/seeming/paper.pdf"], "GET")
    assert visit.watcher.steps[0] == "fetch"
    assert "open" not in visit.watcher.steps
    assert visit.outcome.title == "The printed lighthouse"
    assert visit.path("static", "paper.pdf").read_bytes() == PDF
    assert visit.json("headers", "headers.json")["remote_address"] == "127.0.0.1"
    assert visit.json("har", "har.json")["log"]["entries"][0]["response"]["status"] == 200
    assert _responses(visit) == [(site.url("/seeming/paper.pdf"), "200")]
    made = {"headers", "static", "har", "warc", "wacz", "hashes"}
    assert {plugin for plugin, status in visit.statuses().items() if status == "succeeded"} == made
    assert visit.result("redirects").status == "noresults"
    assert "a file (application/pdf), not a page" in visit.result("dom").summary


def test_nothing_fails_for_want_of_a_page(capture, opened):
    visit = capture("/seeming/paper.pdf", plugins=DEFAULT_PLUGINS, limits=LIMITS)
    assert (opened, visit.outcome.succeeded) == ([], True)
    assert [plugin for plugin, status in visit.statuses().items() if status == "failed"] == []
    assert visit.result("consolelog").summary == "No page was opened that could have said anything."


def test_server_is_told_of_the_same_browser(capture, opened):
    plain = capture("/seeming/paper.pdf", plugins=("static",), limits=LIMITS).requests[0].headers
    assert not opened
    browser = capture("/plain", plugins=("title",), limits=LIMITS).requests[0].headers
    for name in ("User-Agent", "Accept-Language", "Upgrade-Insecure-Requests"):
        assert plain[name] == browser[name]
    persona = Identity(user_agent="Somebody/1.0", languages=("de-DE", "de"))
    asked = capture("/seeming/paper.pdf", plugins=("static",), limits=LIMITS, identity=persona).requests[0].headers
    assert (asked["User-Agent"], asked["Accept-Language"]) == ("Somebody/1.0", "de-DE,de;q=0.9")


def test_page_that_looks_like_a_file_is_asked_for_once(capture, opened, site):
    visit = capture("/seeming/page.pdf?a=ü", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert len(opened) == 1
    assert _asked(visit) == ["/seeming/page.pdf?a=%C3%BC", PICTURE]
    assert visit.outcome.title == "Seeming"
    assert visit.result("static").status == "skipped"
    assert visit.requests[1].headers["Cookie"] == "seen=1"
    assert [value for name, value in visit.json("headers", "headers.json")["headers"] if name == "X-Twice"] == [
        "1",
        "2",
    ]
    assert _responses(visit)[0] == (site.url("/seeming/page.pdf?a=%C3%BC"), "200")


def test_redirects_are_followed_and_kept(capture, opened, site):
    visit = capture("/seeming/moved.pdf", plugins=PLUGINS, limits=LIMITS)
    assert (opened, _asked(visit)) == ([], ["/seeming/moved.pdf", "/files/paper.pdf"])
    assert visit.outcome.final_url == site.url("/files/paper.pdf")
    (step,) = visit.json("redirects", "redirects.json")["steps"]
    assert (step["kind"], step["to"], step["status"]) == ("http", site.url("/files/paper.pdf"), 302)
    assert len(_responses(visit)) == 2


def test_page_behind_a_redirect_is_handed_over_with_it(capture, opened, site):
    visit = capture("/seeming/moved-page.pdf", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (len(opened), _asked(visit)) == (1, ["/seeming/moved-page.pdf", "/seeming/page.pdf", PICTURE])
    assert (visit.outcome.title, visit.outcome.final_url) == ("Seeming", site.url("/seeming/page.pdf"))
    assert [step["to"] for step in visit.json("redirects", "redirects.json")["steps"]] == [visit.outcome.final_url]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/seeming/cookie.pdf", 3),
        ("/seeming/browsers-only.pdf", 2),
        ("/seeming/rare.json", 2),
        ("/seeming/umlaut.pdf", 3),
    ],
)
def test_what_only_a_browser_is_given_is_asked_for_by_one(capture, opened, path, asked):
    visit = capture(path, plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (len(opened), len(visit.requests)) == (1, asked)
    assert visit.result("static").status == "succeeded"
    assert {status for _, status in _responses(visit)} <= {"200", "302"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/seeming/busy.pdf", "The server answered 429"), ("/seeming/gone.pdf", "The server answered 404")],
)
def test_error_page_is_asked_for_once(capture, path, reason):
    visit = capture(path, plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.reason.startswith(reason)
    assert _asked(visit) == [path]
    assert visit.result("dom").status == "succeeded"
    assert (visit.outcome.retry_after is not None) == ("busy" in path)


def test_coded_file_is_kept_decoded(capture, opened):
    visit = capture("/seeming/packed.json", plugins=PLUGINS, limits=LIMITS)
    assert visit.path("static", "packed.json").read_bytes() == b'{"packed": 1}'
    assert not opened


def test_file_that_breaks_off_is_not_taken_for_whole(capture, opened):
    visit = capture("/seeming/half.pdf", plugins=PLUGINS, limits=LIMITS)
    assert "broke off" in visit.outcome.reason
    assert (visit.statuses()["static"], opened) == ("failed", [])


def test_file_beyond_its_limit_says_so(capture, opened):
    limits = Limits(open=10.0, download_size=100)
    visit = capture("/seeming/paper.pdf", plugins=PLUGINS, limits=limits)
    assert "PAGEKEEP_MAX_DOWNLOAD_SIZE" in visit.outcome.reason
    assert "1 × a response larger than the limit" in visit.result("warc").summary
    assert not opened


def test_answer_without_content_ends_the_visit(capture, opened):
    visit = capture("/seeming/empty.zip", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded
    assert visit.result("dom").summary == "The server sent 204 without content, not a page."
    assert not opened


def test_redirect_to_a_private_address_is_refused(capture):
    visit = capture("/seeming/inside.pdf", plugins=PLUGINS, limits=LIMITS)
    assert not visit.outcome.succeeded
    assert visit.outcome.reason.startswith("10.255.255.1 is an address of a private network")


def test_redirects_in_a_circle_are_the_browsers_to_tell(capture):
    visit = capture("/seeming/round.pdf", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.reason.startswith("The page redirects in a circle (ERR_TOO_MANY_REDIRECTS, http")
    assert visit.outcome.reason.endswith("/seeming/round.pdf).")


def test_who_has_cookies_brings_them_along(capture, opened, site):
    cookie = Cookie(name="known", value="1", domain="127.0.0.1", path="/")
    visit = capture(
        "/seeming/cookie.pdf", plugins=PLUGINS, limits=LIMITS, identity=Identity(cookies=(cookie,), owner="x")
    )
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (len(opened), _asked(visit)) == (1, ["/seeming/cookie.pdf"])


def test_certificates_of_a_file_come_with_it(capture, opened, site):
    fields = {"plugins": ("sslcerts", "static"), "limits": LIMITS, "check_certificates": False}
    visit = capture(site.secure_url("/seeming/paper.pdf"), **fields)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert not opened
    assert "another-host.example" in visit.result("sslcerts").summary
    assert visit.json("sslcerts", "sslcerts.json")["protocol"] in ("TLS 1.2", "TLS 1.3")


def test_bad_certificate_is_the_browsers_to_tell(capture, site):
    visit = capture(site.secure_url("/seeming/paper.pdf"), plugins=PLUGINS, limits=LIMITS)
    assert "certificate" in visit.outcome.reason
    assert visit.requests == ()


def test_no_browser_is_named_that_was_not_there(capture):
    visit = capture("/seeming/paper.pdf", plugins=("har", "warc"), limits=LIMITS)
    log = visit.json("har", "har.json")["log"]
    assert (log["creator"]["name"], "browser" in log) == ("Pagekeep", False)
    info = next(iter(ArchiveIterator(io.BytesIO(visit.path("warc", "data.warc.gz").read_bytes()))))
    assert b"Chromium" not in info.content_stream().read()
