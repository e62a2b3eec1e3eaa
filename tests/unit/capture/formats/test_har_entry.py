"""Entries of an HTTP Archive, whatever headers and bodies are in the exchange."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from har_check import check
from pagekeep.capture.formats.har_entry import entry
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange, Told

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "Cookie", "Set-Cookie", "Location", "X-Odd"]),
        st.one_of(st.text(max_size=60), st.just("a=1; Expires=Thu, 99 Foo 9999; Path=/; Secure; HttpOnly")),
    ),
    max_size=6,
).map(tuple)
TIMING = st.dictionaries(
    st.sampled_from(["requestTime", "dnsStart", "dnsEnd", "connectStart", "sendStart", "sendEnd", "receiveHeadersEnd"]),
    st.floats(-1, 1e6),
)


@given(HEADERS, HEADERS, st.binary(max_size=200), TIMING, st.one_of(st.none(), st.floats(0, 1e9)), st.text(max_size=40))
def test_every_exchange_makes_a_valid_entry(asked, answered, body, timing, ended, query):
    exchange = Exchange(
        url=f"http://a.example/?{query}",
        method="POST",
        request_headers=asked,
        request_body=body,
        status=200,
        reason="OK",
        response_headers=answered,
        body=Body.of(body),
        resource_type="XHR",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        told=Told(timing=timing, ended=ended),
    )
    made = entry(exchange, "192.0.2.1", "page_1")
    program = {"name": "a", "version": "1"}
    page = {"startedDateTime": made["startedDateTime"], "id": "page_1", "title": "", "pageTimings": {}}
    check({"log": {"version": "1.2", "creator": program, "browser": program, "pages": [page], "entries": [made]}})
