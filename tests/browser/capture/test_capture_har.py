"""The visit's traffic as HTTP Archive."""

import pytest
from warcio.archiveiterator import ArchiveIterator

from har_check import check

VISITED = [
    "/article",
    "/redirect/first",
    "/requests",
    "/workers",
    "/frames",
    "/pictures",
    "/status/404",
    "/encoding/shift_jis",
]


def _entries(visit):
    return visit.json("har", "har.json")["log"]["entries"]


def _entry(visit, url):
    return next(entry for entry in _entries(visit) if entry["request"]["url"] == url)


def _named(pairs, name):
    return [pair["value"] for pair in pairs if pair["name"].lower() == name]


@pytest.mark.parametrize("path", VISITED)
def test_archive_is_strictly_har_1_2(captured, path):
    check(captured(path).json("har", "har.json"))


@pytest.mark.parametrize("path", VISITED)
def test_every_response_of_the_warc_is_an_entry_with_its_digest(captured, path):
    visit = captured(path)
    with visit.path("warc", "data.warc.gz").open("rb") as file:
        kept = sorted(
            (record.rec_headers["WARC-Target-URI"], record.rec_headers["WARC-Payload-Digest"])
            for record in ArchiveIterator(file)
            if record.rec_type == "response"
        )
    comments = [(e["request"]["url"], e["response"]["content"]["comment"].split()[-1]) for e in _entries(visit)]
    assert sorted(comments) == kept
    assert all("text" not in entry["response"]["content"] for entry in _entries(visit))


def test_page_tells_its_times_and_programs(captured):
    log = captured("/article").json("har", "har.json")["log"]
    (page,) = log["pages"]
    assert page["title"] == "The Lighthouse Keeper"
    assert 0 < page["pageTimings"]["onContentLoad"] <= page["pageTimings"]["onLoad"] < 20_000
    assert (log["creator"]["name"], log["browser"]["name"]) == ("Pagekeep", "Chromium")
    assert log["browser"]["version"][0].isdigit()


def test_entries_tell_times_sizes_and_address(captured):
    visit = captured("/article")
    for entry in _entries(visit):
        assert entry["time"] > 0, entry
        assert entry["timings"]["wait"] > 0, entry
        assert entry["serverIPAddress"] == "127.0.0.1"
        assert entry["connection"].isdigit()
    first = _entry(visit, visit.url)
    assert first["timings"]["connect"] > 0
    assert first["response"]["bodySize"] == first["response"]["content"]["size"]
    assert first["response"]["headersSize"] > 50


def test_times_of_tls_are_told(capture, site):
    visit = capture(site.secure_url("/plain"), check_certificates=False, plugins=("har",))
    assert _entry(visit, visit.url)["timings"]["ssl"] > 0


def test_redirects_are_entries_each_with_its_own_times_and_cookies(captured, site):
    visit = captured("/redirect/first")
    for turn, (name, status, to) in enumerate(
        (("first", 301, "/redirect/second"), ("second", 302, "/redirect/third"), ("third", 307, "/article"))
    ):
        entry = _entry(visit, site.url(f"/redirect/{name}"))
        response = entry["response"]
        assert (response["status"], response["redirectURL"]) == (status, to)
        assert [cookie["name"] for cookie in response["cookies"]] == [f"first{turn}", f"second{turn}"]
        assert response["cookies"][0]["expires"] == "2100-06-09T10:18:14+00:00"
        assert response["cookies"][0]["path"] == "/"
        assert entry["timings"]["wait"] > 0
    sent = _entry(visit, site.url("/article"))["request"]["cookies"]
    assert {"name": "second2", "value": "2"} in sent
    started = [entry["startedDateTime"] for entry in _entries(visit)]
    assert started == sorted(started)


def test_request_bodies_and_queries_are_told(captured, site):
    visit = captured("/requests")
    form = _entry(visit, site.url("/echo?by=form"))["request"]
    assert {"name": "a", "value": "1"} in form["postData"]["params"]
    assert form["queryString"] == [{"name": "by", "value": "form"}]
    seen = next(seen for seen in visit.requests if seen.path == "/echo?by=put")
    put = _entry(visit, site.url("/echo?by=put"))["request"]
    assert (put["method"], put["bodySize"]) == ("PUT", len(seen.body))


def test_repeated_headers_stay_apart(captured):
    visit = captured("/repeated-headers")
    headers = _entry(visit, visit.url)["response"]["headers"]
    assert _named(headers, "set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert _named(headers, "x-twice") == ["one", "two, 2"]


def test_secrets_stay_out(capture, site):
    visit = capture("/secretive", plugins=("har",))
    sent = next(seen for seen in visit.requests if seen.path == "/echo?secret")
    assert sent.headers["Authorization"] == "Bearer very-secret"
    assert "very-secret" not in visit.text("har", "har.json")
    assert _entry(visit, site.url("/echo?secret"))["request"]["headers"]


def test_body_not_kept_is_told(captured):
    visit = captured("/half")
    comment = _entry(visit, visit.url)["response"]["content"]["comment"]
    assert comment.startswith("The body was not kept whole (disconnect). ")
