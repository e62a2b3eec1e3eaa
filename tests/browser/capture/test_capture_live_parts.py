"""What goes on and on, comes in parts, or comes twice: all of it is in the WARC."""

import io
import json

import pytest
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.values import Limits

LIMITS = Limits(open=10.0, settle=4.0, scroll=2.0, output=20.0)


@pytest.fixture(scope="module")
def records(capture):
    """Return (type, url, WARC headers, HTTP status, body) of each record of a page's WARC."""
    known = {}

    def read(path):
        if path not in known:
            visit = capture(path, plugins=("title", "htmltotext", "warc"), limits=LIMITS)
            assert visit.outcome.succeeded, visit.outcome.reason
            data = visit.path("warc", "data.warc.gz").read_bytes()
            known[path] = [
                (
                    record.rec_type,
                    record.rec_headers.get_header("WARC-Target-URI"),
                    record.rec_headers,
                    record.http_headers and record.http_headers.get_statuscode(),
                    record.content_stream().read(),
                )
                for record in ArchiveIterator(io.BytesIO(data), check_digests="raise")
            ]
        return known[path]

    return read


def _of(found, kind, url):
    return [record for record in found if record[:2] == (kind, url)]


def test_events_that_end_are_whole(records, site):
    (record,) = _of(records("/live"), "response", site.url("/three-events"))
    assert record[4].count(b"data: ") == 3
    assert record[2].get_header("WARC-Truncated") is None


@pytest.mark.parametrize("path", ["/events", "/events?by=fetch"])
def test_events_that_never_end_are_kept_as_far_as_they_came(records, site, path):
    (record,) = _of(records("/live"), "response", site.url(path))
    assert record[4].startswith(b"data: tick\n\n")
    assert record[2].get_header("WARC-Truncated") == "time"


def test_events_a_worker_hears_are_kept(records, site):
    (record,) = _of(records("/live_workers"), "response", site.url("/events?by=worker"))
    assert record[4].startswith(b"data: tick\n\n")
    assert record[2].get_header("WARC-Truncated") == "time"


def test_lines_that_never_end_reach_the_page_and_are_kept_as_far_as_they_came(capture, records, site):
    (record,) = _of(records("/live"), "response", site.url("/lines"))
    assert record[4].startswith(b'{"tick": true}\n')
    assert record[2].get_header("WARC-Truncated") == "time"
    visit = capture("/live", plugins=("htmltotext",), limits=LIMITS)
    assert '{"tick": true}' in visit.text("htmltotext", "htmltotext.txt")


def test_websocket_is_a_metadata_record(records, site):
    url = site.url("/socket").replace("http:", "ws:")
    (record,) = _of(records("/live"), "metadata", url)
    socket = json.loads(record[4])
    assert socket["status"] == 101
    assert [(m["from"], m.get("text") or m["base64"]) for m in socket["messages"]] == [
        ("server", "welcome"),
        ("page", "hello there"),
        ("server", "you said hello there"),
        ("server", "AAEC"),
    ]
    assert socket["closed"] is True
    assert ["Sec-WebSocket-Version", "13"] in socket["request_headers"]


def test_parts_are_kept_each_with_its_range(records, site):
    found = _of(records("/parts"), "response", site.url("/ranges"))
    assert [(record[3], len(record[4])) for record in found] == [("206", 1_000), ("206", 2_000)]


def test_answer_that_nothing_has_changed_is_kept(records, site):
    found = _of(records("/parts"), "response", site.url("/tagged"))
    assert [(record[3], record[4]) for record in found] == [("200", b"tagged"), ("304", b"")]


def test_payload_that_comes_again_is_a_revisit(records, site):
    (first,) = _of(records("/parts"), "response", site.url("/article?again=1"))
    (again,) = _of(records("/parts"), "revisit", site.url("/article?again=2"))
    assert again[2].get_header("WARC-Refers-To") == first[2].get_header("WARC-Record-ID")
    assert again[2].get_header("WARC-Refers-To-Target-URI") == site.url("/article?again=1")
    assert again[4] == b""


def test_answer_after_early_hints_is_the_page(records, site):
    (record,) = _of(records("/early-hints"), "response", site.url("/early-hints"))
    assert record[3] == "200"
    assert b"After a hint" in record[4]
    assert len(_of(records("/early-hints"), "response", site.url("/style.css"))) == 1


def test_script_of_a_worker_within_a_worker_is_kept_once(records, site):
    found = records("/ahead")
    (record,) = _of(found, "response", site.url("/inner_worker.js"))
    assert record[4].startswith(b"postMessage")
    assert len(_of(found, "request", site.url("/inner_worker.js"))) == 1


def test_what_is_loaded_ahead_is_told_as_far_as_the_browser_tells_it(records, site):
    (record,) = _of(records("/ahead"), "response", site.url("/article?ahead"))
    assert record[3] == "200"
    assert record[2].get_header("WARC-Truncated") == "unspecified"


def test_every_request_is_told_of_as_often_as_it_was_made(capture, site):
    visit = capture("/ahead", plugins=("title", "singlefile", "warc"), limits=LIMITS)
    records = ArchiveIterator(io.BytesIO(visit.path("warc", "data.warc.gz").read_bytes()))
    told = [record.rec_headers.get_header("WARC-Target-URI") for record in records if record.rec_type == "request"]
    asked = [site.full_url(seen) for seen in visit.requests if seen.path != "/hang"]
    assert sorted(told) == sorted(asked)
